import { armSample, harmSign } from '../analysis/arm-sample';
import type { AttributionInput } from '../analysis/attribution/attribution';
import type { Metric } from '../flags/plan/metric';
import { ALL_USERS, windowStartAt, type ArmTotals, type Stratum } from '../metrics/windows';

interface Sums {
  units: number;
  sum: number;
}

/** Narrower windows hold too little to see an onset in, and machines are measured every 15 seconds or so. */
const SHORTEST_STEP_MS = 15_000;

/** Length of the steps that a plan's windows are joined to: whole windows, at least 15 seconds. */
export function stepOf(windowMs: number): number {
  return Math.ceil(SHORTEST_STEP_MS / windowMs) * windowMs;
}

/**
 * The metric with the most evidence against it as one value a step and arm, positive is worse, over all transitions;
 * steps without units are NaN.
 *
 * @param strata - in time order
 * @returns empty series when there is no such metric, or no window
 */
export function harmByWindow(
  metrics: readonly Metric[],
  findings: AttributionInput['findings'],
  strata: readonly Stratum[],
  stepMs: number,
): AttributionInput['windows'] {
  const metric = worstMetric({ metrics }, findings);
  const everybody = strata.filter(({ segment }) => segment === ALL_USERS);
  const [first, last] = [everybody[0], everybody.at(-1)];
  if (metric === undefined || first === undefined || last === undefined) {
    return { fromMs: 0, stepMs, control: [], candidate: [], requests: [] };
  }
  const fromMs = windowStartAt(first.windowStartAt, stepMs);
  const length = Math.floor((last.windowStartAt - fromMs) / stepMs) + 1;
  const empty = (): Sums[] => Array.from({ length }, () => ({ units: 0, sum: 0 }));
  const arms = { control: empty(), candidate: empty() };
  for (const stratum of everybody) {
    const index = Math.floor((stratum.windowStartAt - fromMs) / stepMs);
    add(arms.control[index], metric, stratum.control);
    add(arms.candidate[index], metric, stratum.candidate);
  }
  const harm = ({ units, sum }: Sums): number => (units > 0 ? (harmSign(metric) * sum) / units : Number.NaN);
  return {
    fromMs,
    stepMs,
    control: arms.control.map(harm),
    candidate: arms.candidate.map(harm),
    requests: arms.control.map(({ units }, index) => units + (arms.candidate[index]?.units ?? 0)),
  };
}

/** The metric with the most evidence against it. */
export function worstMetric(
  { metrics }: { readonly metrics: readonly Metric[] },
  findings: AttributionInput['findings'],
): Metric | undefined {
  const [worst] = [...findings].sort((a, b) => b.harmEvidence - a.harmEvidence || (b.harm ?? 0) - (a.harm ?? 0));
  return metrics.find(({ name }) => name === worst?.metric);
}

function add(sums: Sums | undefined, metric: Metric, arm: ArmTotals): void {
  if (sums === undefined) return;
  const { units, sum } = armSample(metric, arm);
  sums.units += units;
  sums.sum += sum;
}
