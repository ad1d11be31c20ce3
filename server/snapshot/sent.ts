import { createHash } from 'node:crypto';
import { flagLine } from '../../flags/evaluator/flag-line';
import type { SdkFlag, SdkSegment, Tombstone } from '../../flags/evaluator/resolution';

/** Something as SDKs are sent it, with a digest of what it says, so that a change of one costs nothing for the others. */
interface Sent {
  readonly key: string;
  readonly digest: Buffer;
}

/** A flag, with its line. */
export interface SentFlag extends Sent {
  readonly flag: SdkFlag | Tombstone;
  /** With its end. */
  readonly line: string;
}

/** A segment, with its JSON. */
export interface SentSegment extends Sent {
  readonly segment: SdkSegment;
  readonly json: string;
}

/** Writes a flag's line. */
export function sentFlag(flag: SdkFlag | Tombstone): SentFlag {
  const line = `${flagLine(flag)}\n`;
  return { key: flag.key, flag, line, digest: digestOf(line) };
}

const jsons = new WeakMap<SentFlag, string>();

/** A flag in JSON, made once, when the first SDK asks that knows no lines. */
export function jsonOf(sent: SentFlag): string {
  const json = jsons.get(sent) ?? JSON.stringify(sent.flag);
  jsons.set(sent, json);
  return json;
}

/** Segments in the order of their keys. One that says what it said before keeps its former object. */
export function sentSegments(segments: readonly SdkSegment[], before: readonly SentSegment[]): readonly SentSegment[] {
  const known = new Map(before.map((sent) => [sent.key, sent]));
  return segments
    .map(({ key, if: condition, revision }) => {
      const segment = { key, if: condition, revision };
      const json = JSON.stringify(segment);
      const former = known.get(key);
      return former?.json === json ? former : { key, segment, json, digest: digestOf(json) };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Whether two lists hold the same objects. */
export function isEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
