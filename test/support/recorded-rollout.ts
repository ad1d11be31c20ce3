import type { ObservationsAnswer, RecordedTransition } from '../../cli/api/answers';
import { CALM, simulate, type Scenario } from '../../bench/judge/simulate';
import { parsePlan } from '../../flags/plan/parse-plan';
import type { CompactWindow } from '../../metrics/compaction';
import type { ArmTotals } from '../../metrics/windows';
import { mulberry32 } from '../../ml/random/mulberry32';

/** A plan whose steps the scenario below serves. */
export const RECORDED_PLAN = 'flag: checkout\ncandidate: express\nsteps: [10, 50]\nbake: 1m\nwindow: 5s\n';

/** A rollout of 5 s windows as the observations route would answer it: 10 % for a minute, then 50 %. */
export function givenRecordedRollout(
  change: Partial<Scenario> = {},
  { state = 'completed', id = 'checkout-00000001', seed = 7, windows = 60 }: Partial<RecordedOptions> = {},
): ObservationsAnswer {
  const weights = [
    { weight: 10, windows: 12 },
    { weight: 50, windows: 1 },
  ];
  const kept: CompactWindow[] = [];
  const transitions: RecordedTransition[] = [];
  let endMs = 0;
  for (const stratum of simulate(mulberry32(seed), { ...CALM, weights, ...change })) {
    const { windowStartAt, windowMs, transition, weight } = stratum;
    if (transitions[transitions.length - 1]?.transition !== transition) {
      const action = transitions.length === 0 ? 'rollout.start' : 'rollout.raise';
      transitions.push({
        at: new Date(windowStartAt).toISOString(),
        action,
        transition,
        weight,
        step: transitions.length,
      });
    }
    for (const [variant, arm] of [
      ['classic', stratum.control],
      ['express', stratum.candidate],
    ] as const) {
      kept.push({ windowStart: windowStartAt, windowMs, transition, variant, segment: '*', totals: sparse(arm) });
    }
    endMs = windowStartAt + windowMs;
    if (kept.length >= 2 * windows) break;
  }
  const endedAt = new Date(endMs + 10_000).toISOString();
  const action = state === 'rolled_back' ? 'rollout.roll_back' : 'rollout.complete';
  const weight = state === 'rolled_back' ? 0 : 100;
  transitions.push({ at: endedAt, action, transition: transitions.length + 1, weight });
  return {
    rolloutId: id,
    environment: 'production',
    flag: 'checkout',
    state,
    summary: state === 'rolled_back' ? 'errors: past the margin' : 'every step was shown safe',
    startedAt: transitions[0]?.at ?? '',
    endedAt,
    plan: parsePlan(RECORDED_PLAN, { environment: 'production' }).plan,
    control: 'classic',
    candidate: 'express',
    transitions,
    windows: kept,
  };
}

interface RecordedOptions {
  readonly state: ObservationsAnswer['state'];
  readonly id: string;
  readonly seed: number;
  readonly windows: number;
}

/** Totals as they are stored: only what is not zero. */
function sparse({ exposures, exposuresWithOutcome, exposureCells, events }: ArmTotals): CompactWindow['totals'] {
  const byCell = (cells: readonly number[]) =>
    Object.fromEntries(cells.flatMap((value, cell) => (value === 0 ? [] : [[String(cell), value]])));
  return {
    exposures,
    withOutcome: exposuresWithOutcome,
    exposureCells: byCell(exposureCells),
    events: Object.fromEntries(
      Object.entries(events).map(([name, { cells, histogram: _histogram, ...event }]) => [
        name,
        {
          ...event,
          cells: {
            count: byCell(cells.count),
            errors: byCell(cells.errors),
            valueCount: byCell(cells.valueCount),
            sum: byCell(cells.sum),
            over: Object.fromEntries(Object.entries(cells.over).map(([threshold, over]) => [threshold, byCell(over)])),
          },
        },
      ]),
    ),
  };
}
