import { predictCrossing } from '../../ml/forecast/predict-crossing';
import { loadTrace, type Effect } from './traces';

/** What became of one trace, looked at every minute. */
export interface TraceOutcome {
  /** First look at which a crossing was foreseen, and had been three windows before; null when none. */
  readonly foreseenAt: number | null;
  /** First look at which the measured value was past the limit; null when never. */
  readonly measuredAt: number | null;
}

const HORIZON_MS = 20 * 60_000;
const FIRST_LOOK = 10;

/** Looks at a trace every minute until both have happened. */
export function follow(effect: Effect, seed: number, confidence: number): TraceOutcome {
  const { points, nextWeights, direction, factor } = loadTrace(effect, seed);
  let foreseenAt: number | null = null;
  let measuredAt: number | null = null;
  for (let look = FIRST_LOOK; look < points.length && (foreseenAt === null || measuredAt === null); look += 1) {
    const answer = predictCrossing({
      points: points.slice(0, look + 1),
      nextWeight: nextWeights[look] as number,
      direction,
      factor,
      horizonMs: HORIZON_MS,
      confidence,
    });
    if (foreseenAt === null && answer.crosses !== 'none' && answer.persisted) foreseenAt = look;
    if (measuredAt === null && answer.measuredCrosses) measuredAt = look;
  }
  return { foreseenAt, measuredAt };
}

/** Many traces of one effect. */
export interface EffectSummary {
  readonly effect: Effect;
  readonly traces: number;
  /** Traces whose measured value passed the limit. */
  readonly crossed: number;
  /** Of these, foreseen at least one look before. */
  readonly foreseen: number;
  /** Looks between, 0 where it was not foreseen: median, and the tenth and ninetieth percentiles. */
  readonly lead: { readonly median: number; readonly p10: number; readonly p90: number } | null;
  /** Traces with a prediction that never came true. */
  readonly falseAlarms: number;
}

/** Runs `count` traces of an effect. */
export function summarise(effect: Effect, count: number, seed: number, confidence: number): EffectSummary {
  const outcomes = Array.from({ length: count }, (_, i) => follow(effect, seed + i, confidence));
  const crossed = outcomes.filter(({ measuredAt }) => measuredAt !== null);
  const leads = crossed
    .map(({ foreseenAt, measuredAt }) => (foreseenAt === null ? 0 : Math.max(0, (measuredAt ?? 0) - foreseenAt)))
    .sort((a, b) => a - b);
  const at = (share: number): number => leads[Math.min(leads.length - 1, Math.floor(share * leads.length))] ?? 0;
  return {
    effect,
    traces: count,
    crossed: crossed.length,
    foreseen: leads.filter((lead) => lead >= 1).length,
    lead: leads.length === 0 ? null : { median: at(0.5), p10: at(0.1), p90: at(0.9) },
    falseAlarms: outcomes.filter(({ foreseenAt, measuredAt }) => foreseenAt !== null && measuredAt === null).length,
  };
}
