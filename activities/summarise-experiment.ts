import { standingOf } from '../analysis/experiment/standing';
import type { ArmFinding, EffectFinding, ExperimentAnalysis } from '../analysis/experiment/types';
import { contentHash } from '../core/signing';
import type { SourceTrouble } from '../metrics/windows';
import type { ArmStatus, EffectStatus, ExperimentLook } from '../workflows/experiment/status';
import { finite, MAX_SUMMARY_BYTES, rounded } from './summarise-analysis';

/** Doubts whose sentences enter the history; more say the same of other arms. */
const KEPT_DOUBTS = 3;

/**
 * What of an experiment's analysis enters the history: what it comes to, and as many effects as fit, those of primary
 * metrics first. At most 4 kB.
 *
 * @param trouble - of a source; while there is one, that nothing is shown means nothing
 * @param falseHarmRate - by which guardrails stop it
 */
export function summariseExperiment(
  analysis: ExperimentAnalysis,
  trouble: SourceTrouble | null,
  falseHarmRate: number,
  nowMs: number,
): ExperimentLook {
  const standing = standingOf(analysis);
  const doubts = [...(trouble === null ? [] : [trouble.detail]), ...standing.doubts];
  const bar = Math.log(Math.max(2, analysis.arms.length / falseHarmRate));
  const nearest = Math.max(1, ...analysis.arms.map(({ harmEvidence }) => harmEvidence));
  const summary: ExperimentLook = {
    at: new Date(nowMs).toISOString(),
    standing: { ...standing, doubts: doubts.slice(0, KEPT_DOUBTS).map((text) => text.slice(0, 250)) },
    arms: analysis.arms.map(armOf),
    omitted: 0,
    tension: rounded(Math.min(1, Math.log(nearest) / bar)) ?? 0,
    digest: contentHash(finite(analysis)),
  };
  return fitted(summary);
}

function armOf({ variant, effects, guardrails, harmEvidence, harmed, doubts }: ArmFinding): ArmStatus {
  const worst = guardrails.toSorted((a, b) => b.harmEvidence - a.harmEvidence)[0];
  return {
    variant,
    effects: effects.toSorted((a, b) => rank(a) - rank(b)).map(effectOf),
    harmEvidence: rounded(harmEvidence) ?? 0,
    guardrail: worst?.metric ?? null,
    harmed,
    doubts: [...new Set(doubts.map(({ code }) => code))],
  };
}

const rank = ({ role }: EffectFinding): number => (role === 'primary' ? 0 : 1);

function effectOf({ metric, role, control, treatment, effect, lower, upper, ...rest }: EffectFinding): EffectStatus {
  return {
    metric,
    role,
    control: rounded(control),
    treatment: rounded(treatment),
    effect: rounded(effect),
    lower: rounded(lower),
    upper: rounded(upper),
    evidence: rounded(rest.evidence) ?? 0,
    conclusion: rest.conclusion,
  };
}

/** Drops the last effect of the arm that has most until it fits, and counts what it dropped. */
function fitted(summary: ExperimentLook): ExperimentLook {
  let fits = summary;
  while (Buffer.byteLength(JSON.stringify(fits)) > MAX_SUMMARY_BYTES) {
    const most = Math.max(...fits.arms.map(({ effects }) => effects.length));
    if (!(most > 0)) break;
    const index = fits.arms.findLastIndex(({ effects }) => effects.length === most);
    const arms = fits.arms.map((arm, at) => (at === index ? { ...arm, effects: arm.effects.slice(0, -1) } : arm));
    fits = { ...fits, arms, omitted: fits.omitted + 1 };
  }
  return fits;
}
