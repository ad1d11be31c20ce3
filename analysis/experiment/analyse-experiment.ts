import { ln } from '../../ml/elementary/ln';
import { rejectByEvidence } from '../../ml/sequential/e-benjamini-hochberg';
import { evidenceOf } from '../../ml/sequential/mixture-evidence';
import { shrink } from '../../ml/shrinkage/empirical-bayes';
import { absorbStrata } from '../absorb';
import { experimentFindings } from '../collect-reasons';
import { judgeMetrics } from '../judge-metrics';
import { closeState, openState, type JudgeState } from '../judge-state';
import { sampleRatio } from '../sample-ratio';
import type { AnalysisInput, AnalysisState, JudgePlan } from '../types';
import { compareGoal, type GoalComparison } from './compare-goal';
import {
  Conclusion,
  type ArmFinding,
  type EffectFinding,
  type ExperimentAnalysis,
  type ExperimentInput,
} from './types';

/** Grows when the remembered form changes; a state of another version is not read, and evidence starts afresh. */
const STATE_VERSION = 1;

/** One treatment as it is worked on. */
interface Arm {
  readonly variant: string;
  readonly judge: JudgeState;
  readonly input: AnalysisInput;
  readonly goals: readonly { readonly metric: string; readonly compared: GoalComparison }[];
}

/**
 * One look at an experiment: every treatment against the same concurrent control. Pure and incremental, and valid
 * however often it looks.
 *
 * - Primary metrics: Bonferroni over treatments, metrics and both sides, so that the chance of ever calling one
 *   different that is not stays within `falsePositiveRate`. The interval has the same rate, so a metric is concluded
 *   just when its interval leaves zero out.
 * - Secondary metrics: e-BH over treatments and metrics at `falseDiscoveryRate`, valid however they hang together.
 * - Guardrails: the judge's own evidence against the margin, Bonferroni over treatments at `falseHarmRate`.
 *
 * Whoever has a doubt about an arm concludes nothing of it, but for harm.
 *
 * @see Wang and Ramdas (2022), doi:10.1111/rssb.12489
 */
export function analyseExperiment(input: ExperimentInput): {
  readonly analysis: ExperimentAnalysis;
  readonly state: AnalysisState;
} {
  const { plan } = input;
  const variants = Object.keys(input.strata).sort();
  const primaries = plan.metrics.filter(({ name }) => plan.roles[name] === 'primary').length;
  const primaryRate = plan.falsePositiveRate / (2 * Math.max(1, variants.length * primaries));
  const arms = variants.map((variant) => openArm(variant, input, primaryRate));
  const discovered = discoveries(arms, input);
  const shrunk = shrinkAcross(arms);
  const findings = arms.map((arm): ArmFinding => {
    const doubts = experimentFindings(arm.judge, sampleRatio(arm.judge.ratio));
    const guardrails = plan.metrics.filter(({ name }) => plan.roles[name] === 'guardrail');
    const judged = judgeMetrics(arm.judge, { ...arm.input, plan: { ...arm.input.plan, metrics: guardrails } });
    const harmEvidence = evidenceOf(judged.logHarm);
    return {
      variant: arm.variant,
      effects: arm.goals.map(({ metric, compared }): EffectFinding => {
        const role = plan.roles[metric] === 'primary' ? 'primary' : 'secondary';
        const isShown =
          role === 'primary' ? shownBy(primaryRate, compared) : discovered.has(`${arm.variant}/${metric}`);
        const { variance: _v, logWorse, logBetter, log, ...numbers } = compared;
        const side = logBetter > logWorse ? Conclusion.Better : Conclusion.Worse;
        return {
          metric,
          role,
          ...numbers,
          shrunk: shrunk.get(`${arm.variant}/${metric}`) ?? null,
          evidence: evidenceOf(log),
          conclusion: isShown && doubts.length === 0 ? side : Conclusion.Inconclusive,
        };
      }),
      guardrails: judged.findings.map(({ metric, control, candidate, harm, margin, harmEvidence: own }) => ({
        metric,
        control,
        treatment: candidate,
        harm,
        margin,
        harmEvidence: own,
      })),
      harmEvidence,
      harmed: guardrails.length > 0 && harmEvidence >= variants.length / plan.falseHarmRate,
      doubts,
    };
  });
  const primary = findings.flatMap(({ effects }) => effects.filter(({ role }) => role === 'primary'));
  const counts = primary.map(({ controlCount, treatmentCount }) => Math.min(controlCount, treatmentCount));
  const lastWindowAt = arms.reduce<number | null>((last, { judge }) => later(last, judge.lastWindowAt), null);
  return {
    analysis: {
      arms: findings,
      decided: primary.length > 0 && primary.every(({ conclusion }) => conclusion !== Conclusion.Inconclusive),
      harmed: findings.flatMap(({ variant, harmed }) => (harmed ? [variant] : [])),
      sample: counts.length === 0 ? 0 : Math.min(...counts),
      lastWindowAt,
    },
    state: {
      version: STATE_VERSION,
      lastWindowAt,
      arms: Object.fromEntries(arms.map(({ variant, judge }) => [variant, closeState(judge)])),
    },
  };
}

function openArm(variant: string, input: ExperimentInput, rate: number): Arm {
  const remembered = input.state?.version === STATE_VERSION ? input.state['arms'] : undefined;
  const state = (remembered as Readonly<Record<string, AnalysisState>> | undefined)?.[variant] ?? null;
  const strata = input.strata[variant] ?? [];
  const looked: AnalysisInput = {
    plan: judgePlanOf(input.plan),
    context: {
      step: 0,
      weight: 50,
      nextWeight: 100,
      transition: input.transition,
      stepStartedAt: input.startedAtMs,
      raisedAt: input.startedAtMs,
      bakeMs: 0,
      bakedMs: 0,
      safetyEpoch: 0,
      harmEpoch: 0,
    },
    strata,
    state,
    sourceDown: false,
    nowMs: input.nowMs,
  };
  const judge = openState(looked);
  absorbStrata(judge, strata, looked.plan);
  const goals = input.plan.metrics.flatMap((metric) => {
    const role = input.plan.roles[metric.name];
    if (role === 'guardrail') return [];
    // Secondary intervals are each for itself; what is concluded of them is not read from the interval.
    const own = role === 'primary' ? rate : input.plan.falseDiscoveryRate / 2;
    return [{ metric: metric.name, compared: compareGoal(judge, metric, own) }];
  });
  return { variant, judge, input: looked, goals };
}

function judgePlanOf({ metrics, falseHarmRate, profile, warmUpMs }: ExperimentInput['plan']): JudgePlan {
  return {
    metrics,
    falseRollbackRate: falseHarmRate,
    // An experiment promotes nothing.
    falsePromotionRate: 0.05,
    minimumSample: 1,
    onNoData: 'hold',
    noDataDeadlineMs: Number.MAX_SAFE_INTEGER,
    ...(profile === undefined ? {} : { profile }),
    ...(warmUpMs === undefined ? {} : { warmUpMs }),
  };
}

function shownBy(rate: number, { logWorse, logBetter }: GoalComparison): boolean {
  return Math.max(logWorse, logBetter) >= -ln(rate);
}

/** Secondary metrics that are called different, as `variant/metric`. */
function discoveries(arms: readonly Arm[], { plan }: ExperimentInput): ReadonlySet<string> {
  const tried = arms.flatMap(({ variant, goals }) =>
    goals
      .filter(({ metric }) => plan.roles[metric] === 'secondary')
      .map(({ metric, compared }) => ({ name: `${variant}/${metric}`, log: compared.log })),
  );
  const rejected = rejectByEvidence(
    tried.map(({ log }) => log),
    plan.falseDiscoveryRate,
  );
  return new Set(rejected.flatMap((index) => tried[index]?.name ?? []));
}

/**
 * Effects of each metric pulled towards what the treatments have in common, as `variant/metric`; none with fewer than
 * three of them.
 */
function shrinkAcross(arms: readonly Arm[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const { metric } of arms[0]?.goals ?? []) {
    const known = arms.flatMap(({ variant, goals }) => {
      const compared = goals.find((goal) => goal.metric === metric)?.compared;
      if (compared === undefined || compared.effect === null || compared.variance === null) return [];
      return [{ variant, effect: compared.effect, variance: compared.variance }];
    });
    if (known.length < 3) continue;
    const { effects } = shrink(
      known.map(({ effect }) => effect),
      known.map(({ variance }) => variance),
    );
    known.forEach(({ variant }, index) => all.set(`${variant}/${metric}`, effects[index] ?? Number.NaN));
  }
  return all;
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}
