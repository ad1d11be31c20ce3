import { formatDuration } from '../../core/duration';
import type { Staleness } from '../../flags/lifecycle/staleness';
import type { Reference } from '../source/find-references';
import type { Style } from './style';
import { clean } from './text';

/** A flag with why it is stale and, where the source was searched, where that names it. */
export interface StaleFlag extends Staleness {
  readonly references?: readonly Reference[];
  /** There are more than were kept. */
  readonly moreReferences?: boolean;
}

/** What `headgate flag stale` found. */
export interface StaleAnswer {
  readonly olderThanMs: number;
  readonly flags: readonly StaleFlag[];
  /** Keys of flags of which nobody can say whether they are used. */
  readonly usageUnknown: readonly string[];
  readonly searched?: { readonly files: number; readonly tooLarge: readonly string[] };
}

/** Stale flags, each with why and where. */
export function staleLines(answer: StaleAnswer, all: number, style: Style): string[] {
  const { flags, usageUnknown, searched, olderThanMs } = answer;
  return [
    `${flags.length} of ${all} flags are stale (unchanged for ${formatDuration(olderThanMs)}, unused or expired)`,
    ...flags.flatMap(({ key, findings, references, moreReferences }) => [
      style.bold(clean(key)),
      ...findings.map(
        ({ reason, since, message }) => `  ${reason.replace('_', ' ')} since ${since}: ${clean(message)}`,
      ),
      ...(references ?? []).map(({ file, line }) => `  ${clean(file)}:${line}`),
      ...(moreReferences === true ? ['  … and more'] : []),
      ...(references?.length === 0 ? [`  not named in the source: headgate flag archive ${clean(key)}`] : []),
    ]),
    ...(usageUnknown.length === 0
      ? []
      : [
          style.dim(
            `of ${usageUnknown.length} flags nobody knows whether they are used: exposures are counted during rollouts alone`,
          ),
        ]),
    ...(searched === undefined ? [] : [style.dim(`${searched.files} files searched`)]),
    ...(searched?.tooLarge ?? []).map((file) => `too large, not searched: ${clean(file)}`),
  ];
}
