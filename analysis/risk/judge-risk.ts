import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS } from '../../metrics/windows';
import { harmSign } from '../arm-sample';
import { compare } from '../contrast';
import type { JudgeState } from '../judge-state';
import type { Tally } from '../tally';
import type { JudgePlan, RiskFinding } from '../types';
import { featureCorrelation, scoreOf, worstRisk, type RiskParts } from './risk-score';

/** How unusual a metric of the candidate is and has been, each 0 to 1; both 0 while no baseline is known. */
export interface AnomalyLevel {
  readonly severity: number;
  readonly persistence: number;
}

type PartLevel = Pick<RiskParts, 'severity' | 'persistence' | 'together'>;

const USUAL: AnomalyLevel = { severity: 0, persistence: 0 };

/**
 * The risk of this look: the worst over everybody and each segment that takes part, by guardrail. What is unusual of a
 * single metric is known of everybody alone and counts for the segments too; where all metrics of a segment together
 * are more unusual, that counts for the metric that parted from the others. What goes with the feature is each
 * segment's own, weighted by its part of the audience. O(segments × metrics).
 */
export function judgeRisk(
  judge: Pick<JudgeState, 'evidence' | 'segments'>,
  { metrics, risk }: JudgePlan,
  anomalies: Readonly<Record<string, AnomalyLevel>>,
  together: Readonly<Record<string, AnomalyLevel & { readonly leading: string | null }>> = {},
): RiskFinding | null {
  if (risk === undefined) return null;
  const guardrails = metrics.filter(({ role }) => role === 'guardrail');
  const levelOf = ({ name }: Metric, segment: string): PartLevel => {
    const { severity, persistence } = anomalies[name] ?? USUAL;
    const all = together[segment]?.leading === name ? (together[segment] ?? USUAL) : USUAL;
    const isMore = all.severity * all.persistence > severity * persistence;
    return isMore
      ? { severity: all.severity, persistence: all.persistence, together: true }
      : { severity, persistence, together: false };
  };
  const parts: RiskParts[] = guardrails.flatMap((metric) => {
    const tally = judge.evidence[metric.name]?.harm;
    return tally === undefined ? [] : partsOf(metric, ALL_USERS, 1, tally, levelOf(metric, ALL_USERS));
  });
  const least = worstRisk(parts, risk)?.score ?? 0;
  for (const [segment, memory] of Object.entries(judge.segments.segments)) {
    if (memory.excludedAt !== null) continue;
    for (const metric of guardrails) {
      const tally = memory.evidence[metric.name]?.harm;
      const all = judge.evidence[metric.name]?.harm.candidateUnits ?? 0;
      if (tally === undefined || !(all > 0)) continue;
      const audience = Math.min(1, tally.candidateUnits / all);
      const most = { metric: metric.name, segment, ...levelOf(metric, segment), audience, correlation: 1 };
      // Most segments are too small to score higher than everybody, whatever they correlate with.
      if (scoreOf(most, risk) > least)
        parts.push(...partsOf(metric, segment, audience, tally, levelOf(metric, segment)));
    }
  }
  return worstRisk(parts, risk);
}

function partsOf(metric: Metric, segment: string, audience: number, tally: Tally, level: PartLevel): RiskParts[] {
  if (!(tally.weight > 0)) return [];
  const correlation = featureCorrelation(compare(tally, metric.kind, harmSign(metric)));
  return [{ metric: metric.name, segment, ...level, audience, correlation }];
}
