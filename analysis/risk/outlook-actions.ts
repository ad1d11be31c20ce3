import { BACK_BELOW, speedOf } from '../pace/adaptive-pace';
import { ReasonCode, type AnalysisReason, type CrossingFinding, type FailureForecast, type JudgePlan } from '../types';
import type { Outlook, OutlookState } from './outlook';

/** What the outlook asks for. */
export interface OutlookActions {
  readonly asks: 'nothing' | 'hold' | 'narrow' | 'rollback';
  readonly reasons: readonly AnalysisReason[];
}

/** Windows that a weight must have been judged by before the outlook may ask for less of it. */
const FEWEST_WINDOWS = 3;

/**
 * What risk and confidence lead to. Less is asked for once under each transition and not before three windows of it
 * were judged, so that a narrowing can show its effect; if the risk lasts, the next transition is narrowed again, to 0
 * in the end. Only the preset `predictive`, or a threshold of the plan for the forecast of failure, rolls back on it.
 * The state remembers, in place.
 */
export function outlookActions(state: OutlookState, outlook: Outlook, plan: JudgePlan, weight: number): OutlookActions {
  // Nobody is served: there is nothing to lower, and what was seen before must not hold the way back for ever.
  if (weight === 0) return { asks: 'nothing', reasons: [] };
  const warnings = warningsOf(outlook, plan);
  const gravest = warnings.reduce<OutlookActions['asks']>((worst, { asks }) => graver(worst, asks), 'nothing');
  const reasons = warnings.map(({ reason }) => reason);
  if (gravest === 'nothing' || gravest === 'hold') return { asks: gravest, reasons };
  if (state.windows < FEWEST_WINDOWS || state.actedAt === state.transition) return { asks: 'hold', reasons };
  state.actedAt = state.transition;
  return { asks: gravest, reasons };
}

interface Warning {
  readonly asks: OutlookActions['asks'];
  readonly reason: AnalysisReason;
}

function warningsOf({ risk, confidence, failureForecast, pace, crossings }: Outlook, plan: JudgePlan): Warning[] {
  const mayRollBack = plan.preset === 'predictive';
  const warnings = crossings.map((crossing) => crossingWarning(crossing, mayRollBack));
  if (risk !== null && risk.score >= risk.narrowAt) {
    const isCritical = risk.score >= risk.rollbackAt;
    const bound = isCritical ? risk.rollbackAt : risk.narrowAt;
    const { score, severity, persistence, audience, correlation, anomalyWeight, segmentWeight, together } = risk;
    const parted = together ? ', which parts from the metrics it usually goes with' : '';
    warnings.push({
      asks: isCritical && mayRollBack ? 'rollback' : 'narrow',
      reason: {
        code: isCritical ? ReasonCode.RiskCritical : ReasonCode.RiskHigh,
        text: `Risk ${short(score)} of 100 on ${risk.metric}${parted}, at or above ${bound}${outsideIf(isCritical && mayRollBack)}.`,
        metric: risk.metric,
        segment: risk.segment,
        numbers: {
          score,
          severity,
          persistence,
          audience,
          correlation,
          anomalyWeight,
          segmentWeight,
          narrowAt: risk.narrowAt,
          rollbackAt: risk.rollbackAt,
        },
      },
    });
  }
  if (confidence !== null && (pace !== null || confidence < BACK_BELOW)) {
    const speed = speedOf(confidence);
    const isLow = speed === 'back';
    if (isLow || speed === 'pause') {
      warnings.push({
        asks: isLow ? (mayRollBack ? 'rollback' : 'narrow') : 'hold',
        reason: {
          code: ReasonCode.LowConfidence,
          text: `Confidence ${short(confidence)} that the candidate is within its margins${outsideIf(isLow && mayRollBack)}.`,
          numbers: { confidence },
        },
      });
    }
  }
  if (failureForecast !== null && failureForecast.asks !== 'nothing') {
    warnings.push(forecastWarning(failureForecast, failureForecast.asks));
  }
  return warnings;
}

function crossingWarning({ metric, ...numbers }: CrossingFinding, mayRollBack: boolean): Warning {
  const { measured, value, factor, weight } = numbers;
  const text = `${metric} is forecast at ${short(value)} times control at ${weight} %, past its factor ${factor}${outsideIf(mayRollBack)}.`;
  return {
    asks: mayRollBack ? 'rollback' : 'narrow',
    reason: {
      code: ReasonCode.ForecastCrosses,
      text,
      metric,
      numbers: {
        ...(measured === null ? {} : { measured }),
        value,
        lower: numbers.lower,
        upper: numbers.upper,
        factor,
        weight,
      },
    },
  };
}

/** An alert alone asks for nothing: whoever writes a threshold into the plan asks for more, whatever its preset. */
function forecastWarning({ looks, probability, lower, upper }: FailureForecast, asks: 'narrow' | 'rollback'): Warning {
  const range = `${short(lower)} to ${short(upper)}`;
  return {
    asks,
    reason: {
      code: ReasonCode.FailureForecast,
      text: `Failure is forecast with ${short(probability)} (${range}) in ${looks} looks, past the plan's threshold${outsideIf(asks === 'rollback')}.`,
      numbers: { probability, lower, upper, looks },
    },
  };
}

const GRAVITY = ['nothing', 'hold', 'narrow', 'rollback'] as const;

function graver(a: OutlookActions['asks'], b: OutlookActions['asks']): OutlookActions['asks'] {
  return GRAVITY.indexOf(a) >= GRAVITY.indexOf(b) ? a : b;
}

/** A rollback on any of this keeps no promise, and says so. */
function outsideIf(isRollback: boolean): string {
  return isRollback ? ', outside the promised rate' : '';
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
