import type { ExperimentConclusion, ExperimentLook } from './status';

/** Why an experiment is asked what it came to: its plan is at an end, or a person ended it early. */
export type Asked = 'planned' | 'early';

const names = (variants: readonly string[]): string => variants.map((variant) => `'${variant}'`).join(', ');

/**
 * What the last look comes to. What is shown is shown at any time, since evidence is valid however often one looks;
 * that nothing is shown means something only where the experiment ran as planned and its numbers can be believed.
 *
 * @param treatments - in the order of the plan
 */
export function conclude(
  look: ExperimentLook | null,
  treatments: readonly string[],
  asked: Asked,
): ExperimentConclusion {
  const standing = look?.standing;
  const nothing = 'there is no data to conclude anything from';
  if (standing === undefined) return { kind: 'inconclusive', winners: [], text: nothing };
  if (standing.harmed.length > 0) {
    return { kind: 'harm', winners: [], text: `the guardrails of ${names(standing.harmed)} are harmed` };
  }
  const winners = treatments.filter((variant) => standing.winners.includes(variant));
  if (winners.length > 0) {
    const others = winners.length > 1 ? '; which of them is best was not asked' : '';
    return { kind: 'winner', winners, text: `${names(winners)} shown better than the control${others}` };
  }
  if (standing.mixed.length > 0) {
    const text = `${names(standing.mixed)} shown better in one primary metric and worse in another`;
    return { kind: 'mixed', winners: [], text };
  }
  if (standing.losers.length > 0) {
    return {
      kind: 'control',
      winners: [],
      text: `no treatment is shown better, and ${names(standing.losers)} shown worse`,
    };
  }
  if (standing.sample === 0) return { kind: 'inconclusive', winners: [], text: nothing };
  const [doubt] = standing.doubts;
  if (doubt !== undefined)
    return { kind: 'inconclusive', winners: [], text: `the numbers cannot be believed: ${doubt}` };
  if (asked === 'early')
    return { kind: 'inconclusive', winners: [], text: 'no difference is shown yet, and it was ended early' };
  return {
    kind: 'no_difference',
    winners: [],
    text: 'no difference was shown; the intervals say how large one could still be',
  };
}
