/**
 * Metrics per user through the code that counts users and the judge: `npx tsx bench/judge/user-rates.ts [rollouts]
 * [seed] [tables…]`.
 */
import { analyse } from '../../analysis/analyse';
import type { AnalysisState, JudgePlan } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import { userEvent } from '../../flags/plan/user-metric';
import { readTotals, type SparseTotals } from '../../metrics/sparse-totals';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { advanceCohorts, emptyCohorts, type Cohorts, type Following } from '../../metrics/users/cohorts';
import type { StoredUser } from '../../metrics/users/user-amounts';
import { normal } from './samplers';

const START = 1_700_000_000_000 - (1_700_000_000_000 % 10_000);
const WINDOW_MS = 10_000;
/** Windows that each step lasts. */
const STEP = 36;
const FOLLOWING: Following = {
  windowMs: WINDOW_MS,
  followMs: 6 * WINDOW_MS,
  totals: [
    { metric: 'unlucky', event: 'request', measure: 'any_error' },
    { metric: 'buyers', event: 'order', measure: 'any' },
    { metric: 'revenue', event: 'order', measure: 'total' },
  ],
  eventOf: userEvent,
};

const guardrail = (name: string, rest: object): Metric =>
  Metric.parse({ name, event: userEvent(name), perUser: { event: 'any', measure: 'any' }, ...rest });
const PLAN: JudgePlan = {
  metrics: [
    guardrail('unlucky', { kind: 'error_rate', margin: { absolute: 0.01, relative: 0.1 } }),
    guardrail('buyers', { kind: 'error_rate', direction: 'higher_is_better', margin: { absolute: 0.02 } }),
    guardrail('revenue', { kind: 'mean_value', direction: 'higher_is_better', margin: { relative: 0.1 } }),
  ],
  falseRollbackRate: 0.01,
  falsePromotionRate: 0.05,
  minimumSample: 50,
  onNoData: 'hold',
  noDataDeadlineMs: 3_600_000,
  warmUpMs: 0,
};

/** Users of a rollout, who come back as long as it lasts. */
export interface UserScenario {
  readonly users: number;
  /** Percent of each step. */
  readonly weights: readonly number[];
  /** Chance of a visit in a window for the average user. */
  readonly visits: number;
  /** Spread of users' own visits, failures and purchases (sd of the log), kept for life: who fails once, fails again. */
  readonly spread: number;
  /** Share of visits with a failure, and with a purchase. */
  readonly failures: number;
  readonly purchases: number;
  /** What the candidate multiplies them by. */
  readonly harm: { readonly failures?: number; readonly purchases?: number };
}

const RETURNING: UserScenario = {
  users: 4000,
  weights: [5, 10, 25, 50],
  visits: 0.08,
  spread: 0,
  failures: 0.01,
  purchases: 0.05,
  harm: {},
};

/** Candidates that do no harm, at the margin of full exposure, and harmful ones. */
export const USER_SCENARIOS = {
  harmless: {
    'users all alike, ramp': RETURNING,
    'users who differ for life, ramp': { ...RETURNING, spread: 1 },
    'few heavy users (400), ramp': { ...RETURNING, users: 400, visits: 0.3, spread: 1.2 },
    'users who differ, constant 50 %': { ...RETURNING, spread: 1, weights: [50, 50, 50, 50] },
    'ramp that goes back and forth': { ...RETURNING, spread: 1, weights: [25, 10, 25, 10, 25, 10] },
  },
  // 38.0 % of followed users buy, and with 6 % fewer purchases 35.9 %; where users differ, about 2.2 points fewer by a
  // tenth fewer.
  atMargin: {
    'buyers at the margin': { ...RETURNING, purchases: 0.3, weights: [50, 50], harm: { purchases: 0.94 } },
    'buyers at the margin, users who differ': {
      ...RETURNING,
      purchases: 0.3,
      spread: 1,
      weights: [50, 50],
      harm: { purchases: 0.9 },
    },
  },
  healthy: { 'users all alike, 50 %': { ...RETURNING, users: 10_000, weights: [50, 50] } },
  harmful: {
    'failures x4 at 10 %': { ...RETURNING, weights: [10, 10, 10, 10], harm: { failures: 4 } },
    'failures x4 at 50 %': { ...RETURNING, weights: [50, 50], harm: { failures: 4 } },
    'half of the purchases at 50 %': { ...RETURNING, weights: [50, 50], harm: { purchases: 0.5 } },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, UserScenario>>>>;

interface User {
  readonly hash: string;
  readonly cell: number;
  readonly bucket: number;
  readonly visits: number;
  readonly failures: number;
  readonly purchases: number;
}

/** What became of one simulated rollout. */
export interface UserOutcome {
  /** Windows until the rollback; null without. */
  readonly rolledBackAfter: number | null;
  readonly promoted: boolean;
}

/** One rollout through the code that counts users and the judge, looked at after every window. */
export function runUserRollout(seed: number, scenario: UserScenario): UserOutcome {
  const rng = mulberry32(seed);
  const users = Array.from({ length: scenario.users }, (_, index) => userOf(rng, scenario, index));
  const cohorts = new Map<string, Cohorts>();
  let state: AnalysisState | null = null;
  let promoted = false;
  const windows = STEP * scenario.weights.length;
  for (let window = 0; window < windows; window += 1) {
    const transition = 1 + Math.floor(window / STEP);
    const weight = scenario.weights[transition - 1] ?? 0;
    const windowStart = START + window * WINDOW_MS;
    const seen = {
      control: visitsOf(rng, users, 'control', weight, scenario),
      candidate: visitsOf(rng, users, 'candidate', weight, scenario),
    };
    for (const arm of ['control', 'candidate'] as const) {
      if (!cohorts.has(`${transition}/${arm}`)) cohorts.set(`${transition}/${arm}`, emptyCohorts());
    }
    const strata = [transition - 1, transition].flatMap((of) => {
      const totals = (arm: 'control' | 'candidate') => {
        const known = cohorts.get(`${of}/${arm}`);
        if (known === undefined) return null;
        const fresh = of === transition ? [{ windowStart, users: seen[arm] }] : [];
        return readTotals(nested(advanceCohorts(known, fresh, windowStart, FOLLOWING).get(windowStart)));
      };
      const [control, candidate] = [totals('control'), totals('candidate')];
      const served = scenario.weights[of - 1];
      if (control === null || candidate === null || served === undefined) return [];
      return [
        {
          windowStartAt: windowStart,
          windowMs: WINDOW_MS,
          transition: of,
          weight: served,
          segment: '*',
          control,
          candidate,
        },
      ];
    });
    const result = analyse({
      plan: PLAN,
      context: {
        step: transition - 1,
        weight,
        nextWeight: 100,
        transition,
        stepStartedAt: START + (transition - 1) * STEP * WINDOW_MS,
        raisedAt: START + (transition - 1) * STEP * WINDOW_MS,
        bakeMs: 1,
        bakedMs: 1,
        safetyEpoch: 0,
        harmEpoch: 0,
      },
      strata,
      state,
      sourceDown: false,
      nowMs: windowStart + WINDOW_MS + 10_000,
    });
    state = result.state;
    if (result.analysis.verdict === 'promote') promoted = true;
    if (result.analysis.verdict === 'rollback') return { rolledBackAfter: window + 1, promoted };
  }
  return { rolledBackAfter: null, promoted };
}

function userOf(rng: Rng, { visits, spread, failures, purchases }: UserScenario, index: number): User {
  const own = (mean: number): number => Math.min(0.9, mean * Math.exp(spread * normal(rng) - spread ** 2 / 2));
  return {
    hash: Buffer.from(String(index).padStart(9, '0')).toString('base64url'),
    cell: Math.floor(rng() * 64),
    bucket: rng() * 100,
    visits: own(visits),
    failures: own(failures),
    purchases: own(purchases),
  };
}

/** One window's users as they are stored. */
function visitsOf(
  rng: Rng,
  users: readonly User[],
  arm: 'control' | 'candidate',
  weight: number,
  { harm }: UserScenario,
) {
  const factor = arm === 'candidate' ? harm : {};
  const stored: Record<string, Record<string, StoredUser>> = {};
  for (const user of users) {
    if (user.bucket < weight !== (arm === 'candidate') || rng() >= user.visits) continue;
    const fails = rng() < user.failures * (factor.failures ?? 1);
    const buys = rng() < user.purchases * (factor.purchases ?? 1);
    const spent = buys ? Math.exp(3 + 0.5 * normal(rng)) : 0;
    (stored[user.cell] ??= {})[user.hash] = {
      x: 1,
      ...(fails && { '0n': 1 }),
      ...(buys && { '1n': 1, '2n': 1, '2s': spent }),
    };
  }
  return stored;
}

/** Amounts by path as a stored document nests them. */
function nested(amounts: ReadonlyMap<string, number> = new Map()): SparseTotals {
  const root: Record<string, unknown> = {};
  for (const [path, amount] of amounts) {
    const parts = path.split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[parts.at(-1) ?? ''] = amount;
  }
  return root;
}

function main(): void {
  const [rollouts = '200', seed = '20261', ...only] = process.argv.slice(2);
  console.log('table | scenario | rollouts | rolled back | promoted | median windows to the rollback');
  const tables: Readonly<Record<string, Readonly<Record<string, UserScenario>>>> = USER_SCENARIOS;
  for (const [table, scenarios] of Object.entries(tables)) {
    if (only.length > 0 && !only.includes(table)) continue;
    const count =
      table === 'harmful' || table === 'healthy' ? Math.max(1, Math.round(Number(rollouts) / 5)) : Number(rollouts);
    for (const [name, scenario] of Object.entries(scenarios)) {
      const outcomes = Array.from({ length: count }, (_, index) =>
        runUserRollout(Number(seed) * 1_000_003 + index * 7919, scenario),
      );
      const after = outcomes.flatMap(({ rolledBackAfter }) => rolledBackAfter ?? []).sort((a, b) => a - b);
      const share = (part: number): string => `${((100 * part) / count).toFixed(1)} %`;
      const promoted = outcomes.filter((outcome) => outcome.promoted).length;
      console.log(
        [table, name, count, share(after.length), share(promoted), after[Math.floor(after.length / 2)] ?? '–'].join(
          ' | ',
        ),
      );
    }
  }
}

if (require.main === module) main();
