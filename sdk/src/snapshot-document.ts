import { carriedBy, FIELD_END, flagLine, type CarriedRollout } from '../../flags/evaluator/flag-line';
import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import type { SdkFlag, SdkSegment, Tombstone } from '../../flags/evaluator/resolution';
import { compareKeys, FlagLines, joinLines, NotFlagLines } from './flag-lines';
import { isHoldouts, isKeyed, isKillSwitch, isObject, type SnapshotBody, type SnapshotContent } from './wire';

const VERSION = 1;
const LINE_FEED = 0x0a;

/** What the first line of an answer, or of a file, says: all but the flags. */
export interface SnapshotHeader {
  readonly environment: string;
  readonly etag?: string | undefined;
  /**
   * What the answer adds to: the entity tag of the snapshot from which it tells the changes. Left out where it tells
   * everything.
   */
  readonly base?: string | undefined;
  /** Live rollouts of the flags that are told of, in the order in which leases are told. */
  readonly rollouts: readonly CarriedRollout[];
  /** All of them, or those that have changed since {@link base}. */
  readonly segments: readonly SdkSegment[];
  /** Beside {@link base}: which segments there are. */
  readonly segmentKeys?: readonly string[] | undefined;
  readonly killSwitch?: SdkKillSwitch | undefined;
  readonly holdouts?: SdkHoldouts | undefined;
}

/** Flags and what evaluates with them, read as far as is needed before any flag is evaluated. */
export interface SnapshotDocument extends SnapshotHeader {
  readonly lines: FlagLines;
}

/** A {@link SnapshotDocument} of the server, with what is true for a moment only. */
export interface SnapshotAnswer extends SnapshotDocument {
  /** Remaining milliseconds of each live rollout of the environment, in order of their flags; -1 where there is no lease. */
  readonly leases: readonly number[];
}

/**
 * Reads a header line and the lines of flags that follow it.
 *
 * @throws {NotFlagLines} when that is not what the bytes are, or not all of it
 */
export function readDocument(bytes: Buffer): { header: Record<string, unknown>; document: SnapshotDocument } {
  const end = bytes.indexOf(LINE_FEED);
  const header = end < 0 ? undefined : parse(bytes.toString('utf8', 0, end));
  if (!isHeader(header)) throw new NotFlagLines('there is no header of a snapshot');
  const body = bytes.subarray(end + 1);
  if (header.bytes !== body.length) throw new NotFlagLines(`there are ${body.length} bytes of ${header.bytes}`);
  // A long header is let go of; a short one is not worth the copy.
  const lines = new FlagLines(end > LONG_HEADER_BYTES ? Buffer.from(body) : body);
  return { header, document: { ...header, lines } };
}

const LONG_HEADER_BYTES = 128 * 1024;

/** {@link readDocument} of an answer. */
export function readAnswer(bytes: Buffer): SnapshotAnswer {
  const { header, document } = readDocument(bytes);
  const { leases } = header;
  if (!Array.isArray(leases)) throw new NotFlagLines('the header tells no leases');
  return { ...document, leases: leases.map(Number) };
}

/** What {@link readDocument} reads; `more` goes into the header. */
export function writeDocument({ lines, ...header }: SnapshotDocument, more: object): Buffer {
  const first = JSON.stringify({ version: VERSION, ...more, ...header, bytes: lines.bytes.length });
  return Buffer.concat([Buffer.from(`${first}\n`), lines.bytes]);
}

/** What a server or a file tells that knows no lines. */
export function documentOf({ flags, ...content }: SnapshotContent): SnapshotDocument {
  const newest = new Map<string, SdkFlag | Tombstone>();
  for (const flag of flags) if (flag.revision >= (newest.get(flag.key)?.revision ?? -1)) newest.set(flag.key, flag);
  const told = [...newest.values()];
  const sorted = told.map((flag) => Buffer.from(lineOf(flag))).sort(compareKeys);
  const rollouts = told.map(carriedBy).filter((carried) => carried !== undefined);
  return { ...content, rollouts, lines: new FlagLines(joinLines(sorted)) };
}

/** The same of an answer. */
export function answerOf({ leases, etag, ...content }: SnapshotBody): SnapshotAnswer {
  const document = documentOf(content);
  return { ...document, etag, leases: document.rollouts.map(([, id]) => leases[id] ?? -1) };
}

function lineOf(flag: SdkFlag | Tombstone): string {
  try {
    return flagLine(flag);
  } catch {
    // What it refers to cannot be told. Whoever evaluates it will learn why.
    return [flag.key, flag.revision, '', JSON.stringify(flag)].join(FIELD_END);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isHeader(value: unknown): value is SnapshotHeader & { readonly bytes: number } & Record<string, unknown> {
  return (
    isObject(value) &&
    value['version'] === VERSION &&
    typeof value['environment'] === 'string' &&
    typeof value['bytes'] === 'number' &&
    Array.isArray(value['rollouts']) &&
    value['rollouts'].every(isCarried) &&
    Array.isArray(value['segments']) &&
    value['segments'].every(isKeyed) &&
    (value['base'] === undefined || Array.isArray(value['segmentKeys'])) &&
    (value['killSwitch'] === undefined || isKillSwitch(value['killSwitch'])) &&
    (value['holdouts'] === undefined || isHoldouts(value['holdouts']))
  );
}

const isCarried = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string' && typeof value[2] === 'number';
