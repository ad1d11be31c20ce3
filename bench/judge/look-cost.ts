import { analyse } from '../../analysis/analyse';
import type { AnalysisInput, AnalysisState } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import type { Stratum } from '../../metrics/windows';
import { mulberry32 } from '../../ml/random/mulberry32';
import { GUARDRAILS, PLAN } from './run-rollout';
import { CALM, simulate } from './simulate';

const FOUR = [...GUARDRAILS, Metric.parse({ name: 'sales', kind: 'events_per_exposure', margin: { relative: 0.1 } })];

/** CPU time of one look: four metrics, 120 windows fed cold, and one window fed to a state of 120 and of 1,000. */
function main(): void {
  const strata: Stratum[] = [];
  for (const stratum of simulate(mulberry32(1), CALM)) {
    strata.push(stratum);
    if (strata.length === 1300) break;
  }
  const first = strata[0]?.windowStartAt ?? 0;
  const look = (from: number, to: number, state: AnalysisState | null) => {
    const input: AnalysisInput = {
      plan: { ...PLAN, metrics: FOUR },
      context: {
        step: 0,
        weight: 50,
        nextWeight: 100,
        transition: 1,
        stepStartedAt: first,
        raisedAt: first,
        bakeMs: 1,
        bakedMs: 1,
        safetyEpoch: 0,
        harmEpoch: 0,
      },
      strata: strata.slice(from, to),
      state,
      sourceDown: false,
      nowMs: first + to * CALM.windowMs + 10_000,
    };
    return analyse(input).state;
  };
  const measure = (name: string, times: number, body: () => void): void => {
    for (let warm = 0; warm < times; warm++) body();
    const before = process.cpuUsage();
    for (let run = 0; run < times; run++) body();
    const { user, system } = process.cpuUsage(before);
    console.log(`${name}: ${((user + system) / times / 1000).toFixed(2)} ms CPU`);
  };
  measure('four metrics, 120 windows, cold', 100, () => look(0, 120, null));
  const after120 = look(0, 120, null);
  const after1000 = look(0, 1000, null);
  measure('one window more after 120', 2000, () => look(120, 121, after120));
  measure('one window more after 1,000', 2000, () => look(1000, 1001, after1000));
  console.log(`state: ${JSON.stringify(after1000).length} bytes`);
}

if (require.main === module) main();
