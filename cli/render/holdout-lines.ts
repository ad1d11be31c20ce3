import type { HoldoutAnswer, HoldoutSetAnswer } from '../api/answers';
import { percent } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

/** Holdouts, one a line, oldest first. */
export function holdoutList({ holdouts }: HoldoutSetAnswer, style: Style): string[] {
  if (holdouts.length === 0) return ['no holdouts'];
  const rows = holdouts.map((holdout) => [
    style.bold(holdout.key),
    percent(holdout.weight),
    coverage(holdout),
    holdout.createdAt,
    holdout.endedAt === undefined ? style.green('live') : `ended ${holdout.endedAt}`,
  ]);
  const headings = ['holdout', 'weight', 'covers', 'created', 'state'];
  return tableLines(
    headings.map((heading) => ({ heading, right: heading === 'weight' })),
    rows,
    style,
  );
}

/** One holdout with the flags that it covers now. */
export function holdoutLines(holdout: HoldoutAnswer, style: Style): string[] {
  const { key, weight, salt, createdAt, endedAt, description, coveredFlags, coveredCount } = holdout;
  const state = endedAt === undefined ? style.green('live') : `ended ${endedAt}`;
  const more = coveredCount > coveredFlags.length ? `, and ${coveredCount - coveredFlags.length} more` : '';
  const names = coveredCount === 0 ? '' : `: ${coveredFlags.map(clean).join(', ')}${more}`;
  return [
    `${style.bold(key)}: ${percent(weight)} of targeting keys, ${state}, created ${createdAt}`,
    ...(description === undefined ? [] : [clean(description)]),
    `salt ${clean(salt)}`,
    `covers ${coverage(holdout)}`,
    ...(endedAt === undefined ? [`${coveredCount} ${coveredCount === 1 ? 'flag' : 'flags'} now${names}`] : []),
  ];
}

/** What a live holdout means for one flag, as a comment of it. */
export function coveredBy({ key, weight }: Pick<HoldoutAnswer, 'key' | 'weight'>): string {
  return `holdout ${key} keeps ${percent(weight)} of targeting keys out of its rollouts and splits`;
}

function coverage({ covers }: Pick<HoldoutAnswer, 'covers'>): string {
  const { all, flags, tags, owners } = covers;
  const named = (what: string, names: readonly string[] | undefined): string[] => {
    if (names === undefined) return [];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    return [`${what} ${names.slice(0, 5).map(clean).join(', ')}${more}`];
  };
  const parts = [...named('flags', flags), ...named('tags', tags), ...named('owners', owners)];
  return all === true ? 'all flags' : parts.join('; ');
}
