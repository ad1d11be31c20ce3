import { Conclusion, type ExperimentAnalysis } from './types';

/**
 * What an experiment's evidence comes to over all treatments. Only primary metrics speak for or against one; harm is
 * the guardrails' word.
 */
export interface Standing {
  /** Shown better in a primary metric or more, and worse in none. */
  readonly winners: readonly string[];
  /** Shown worse in a primary metric or more, and better in none. */
  readonly losers: readonly string[];
  /** Shown better in one and worse in another. */
  readonly mixed: readonly string[];
  /** Treatments whose guardrails are harmed. */
  readonly harmed: readonly string[];
  /** Why nothing may be read from a missing difference, each in a sentence: of the arms, or of the source. */
  readonly doubts: readonly string[];
  /** Every primary metric of every treatment is concluded. */
  readonly decided: boolean;
  /** Units of the primary metric and arm that has fewest. */
  readonly sample: number;
}

/**
 * Sorts treatments by what is shown of them. Pure; nothing is shown of a treatment whose numbers are in doubt, as the
 * analysis has it.
 */
export function standingOf({ arms, decided, harmed, sample }: ExperimentAnalysis): Standing {
  const shown = arms.map(({ variant, effects }) => {
    const primary = effects.filter(({ role }) => role === 'primary').map(({ conclusion }) => conclusion);
    return { variant, better: primary.includes(Conclusion.Better), worse: primary.includes(Conclusion.Worse) };
  });
  const those = (test: (one: (typeof shown)[number]) => boolean): string[] =>
    shown.filter(test).map(({ variant }) => variant);
  return {
    winners: those(({ better, worse }) => better && !worse),
    losers: those(({ better, worse }) => worse && !better),
    mixed: those(({ better, worse }) => better && worse),
    harmed,
    doubts: arms.flatMap(({ variant, doubts }) => doubts.map(({ text }) => `${variant}: ${text}`)),
    decided,
    sample,
  };
}
