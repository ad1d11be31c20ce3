import { armSample, harmSign } from '../analysis/arm-sample';
import type { AttributionInput } from '../analysis/attribution/attribution';
import type { Metric } from '../flags/plan/metric';
import { ALL_USERS, type ArmTotals, type Stratum } from '../metrics/windows';

interface Sums {
  units: number;
  sum: number;
}

/**
 * The metric with the most evidence against it as one value a window and arm, positive is worse, over all transitions of the window; windows without
 * units are NaN.
 *
 * @param strata - in time order
 * @returns empty series when there is no such metric, or no window
 */
export function harmByWindow(
  metrics: readonly Metric[],
  findings: AttributionInput['findings'],
  strata: readonly Stratum[],
  windowMs: number,
): AttributionInput['windows'] {
  const [worst] = [...findings].sort((a, b) => b.harmEvidence - a.harmEvidence || (b.harm ?? 0) - (a.harm ?? 0));
  const metric = metrics.find(({ name }) => name === worst?.metric);
  const everybody = strata.filter(({ segment }) => segment === ALL_USERS);
  const [first, last] = [everybody[0], everybody.at(-1)];
  if (metric === undefined || first === undefined || last === undefined) {
    return { fromMs: 0, stepMs: windowMs, control: [], candidate: [], requests: [] };
  }
  const length = Math.round((last.windowStartAt - first.windowStartAt) / windowMs) + 1;
  const empty = (): Sums[] => Array.from({ length }, () => ({ units: 0, sum: 0 }));
  const arms = { control: empty(), candidate: empty() };
  for (const stratum of everybody) {
    const index = Math.round((stratum.windowStartAt - first.windowStartAt) / windowMs);
    add(arms.control[index], metric, stratum.control);
    add(arms.candidate[index], metric, stratum.candidate);
  }
  const harm = ({ units, sum }: Sums): number => (units > 0 ? (harmSign(metric) * sum) / units : Number.NaN);
  return {
    fromMs: first.windowStartAt,
    stepMs: windowMs,
    control: arms.control.map(harm),
    candidate: arms.candidate.map(harm),
    requests: arms.control.map(({ units }, index) => units + (arms.candidate[index]?.units ?? 0)),
  };
}

function add(sums: Sums | undefined, metric: Metric, arm: ArmTotals): void {
  if (sums === undefined) return;
  const { units, sum } = armSample(metric, arm);
  sums.units += units;
  sums.sum += sum;
}
