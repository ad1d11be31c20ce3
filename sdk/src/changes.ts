import { isCovered, type CompiledHoldout } from '../../flags/evaluator/holdout';
import { segmentsIn } from '../../flags/evaluator/references';
import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';
import { isLiving, keyOf, referencesOfLine } from './flag-lines';
import type { FlagTable } from './flag-table';

/** Flags that may evaluate differently than before, listed when somebody wants to know. */
export interface Changes {
  readonly isEmpty: boolean;
  /** In order. */
  keys(): string[];
}

export const NO_CHANGES: Changes = { isEmpty: true, keys: () => [] };

/** All flags that are there. */
export function allOf(table: FlagTable): Changes {
  return { isEmpty: false, keys: () => table.livingKeys().sort() };
}

/** What is known of an environment at one moment. */
export interface Moment {
  readonly table: FlagTable;
  readonly segments: ReadonlyMap<string, SdkSegment>;
  readonly holdouts: readonly CompiledHoldout[];
}

/**
 * Flags that a change reaches: those that are not as they were, those that refer to them or to a segment that is not as
 * it was, whatever the distance, and those that other holdouts cover now.
 */
export function changesBetween(
  before: Moment,
  after: Moment,
  changed: readonly string[],
  read: (key: string) => SdkFlag | undefined,
): Changes {
  const flags = new Set([
    ...changed.filter((key) => isThere(before.table, key) || isThere(after.table, key)),
    ...coverChanged(before, after, read),
  ]);
  const segments = [...new Set([...before.segments.keys(), ...after.segments.keys()])].filter(
    (key) => before.segments.get(key)?.revision !== after.segments.get(key)?.revision,
  );
  if (flags.size === 0 && segments.length === 0) return NO_CHANGES;
  const dependents = dependentsIn(after);
  const reached = new Set([...flags].map(flagName).concat(segments.map(segmentName)));
  for (const name of reached) for (const dependent of dependents.get(name) ?? []) reached.add(dependent);
  const keys = [...reached].filter((name) => name.startsWith(FLAG)).map((name) => name.slice(FLAG.length));
  return keys.length === 0 ? NO_CHANGES : { isEmpty: false, keys: () => keys.sort() };
}

const FLAG = 'flag ';
const flagName = (key: string): string => `${FLAG}${key}`;
const segmentName = (key: string): string => `segment ${key}`;

function isThere(table: FlagTable, key: string): boolean {
  const line = table.get(key);
  return line !== undefined && isLiving(line);
}

/** Who refers to each flag and segment. */
function dependentsIn({ table, segments }: Moment): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  const add = (name: string, dependent: string): void => {
    const known = dependents.get(name);
    if (known === undefined) dependents.set(name, [dependent]);
    else known.push(dependent);
  };
  for (const line of table.referring()) {
    const { segments: asked = [], flags = [] } = referencesOfLine(line);
    const dependent = flagName(keyOf(line));
    for (const key of asked) add(segmentName(key), dependent);
    for (const key of flags) add(flagName(key), dependent);
  }
  for (const { key, if: condition } of segments.values()) {
    for (const asked of segmentsIn(condition)) add(segmentName(asked), segmentName(key));
  }
  return dependents;
}

/**
 * Flags covered by a holdout that has begun, ended, or draws or covers otherwise than before. Reads flags, which
 * holdouts do not often cause.
 */
function coverChanged(before: Moment, after: Moment, read: (key: string) => SdkFlag | undefined): string[] {
  const same = (a: CompiledHoldout, b: CompiledHoldout): boolean =>
    a.holds === b.holds && JSON.stringify(a.source) === JSON.stringify(b.source);
  const others = [
    ...before.holdouts.filter((one) => !after.holdouts.some((other) => same(one, other))),
    ...after.holdouts.filter((one) => !before.holdouts.some((other) => same(one, other))),
  ];
  if (others.length === 0) return [];
  return after.table.livingKeys().filter((key) => {
    const flag = read(key);
    return flag !== undefined && others.some(({ source }) => isCovered(source, flag));
  });
}
