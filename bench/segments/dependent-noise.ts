/**
 * Segments under noise that depends on itself: `npx tsx bench/segments/dependent-noise.ts [rollouts] [seed] [factors,
 * such as 1,5]`.
 */
import { analyse } from '../../analysis/analyse';
import type { AnalysisState } from '../../analysis/types';
import type { ArmTotals, Stratum } from '../../metrics/windows';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { FIRST_WINDOW, givenArm, givenContext, givenPlan } from '../../test/support/stratum-builders';
import { addMembers } from '../../test/support/add-members';
import { binomial, normal, poisson } from '../judge/samplers';

const CELLS = 64;
const WINDOW_MS = 60_000;
const WINDOWS = 120;
const NAMES = Array.from({ length: 10 }, (_, index) => `s${index}`);
/** Weights of a ramp, each served for a quarter of the rollout. */
const RAMP = [5, 10, 25, 50];

/** How requests of a segment hang together. */
export interface SegmentNoise {
  /** Users of each segment; requests of a user share their error rate for good. */
  readonly users: number;
  /** Standard deviation of the log of users' own error rates; 0 makes requests independent. */
  readonly userSpread: number;
  /** Standard deviation of the log of each arm's own AR(1) over minutes, with coefficient 0.8. */
  readonly drift: number;
  /** Chance of a minute in which one arm of a segment fails five times as often. */
  readonly bursts: number;
  readonly isRamp: boolean;
}

/** What one rollout's judge did: harmless segments excluded, and the minute in which the harmed one was. */
export interface NoisyExclusions {
  readonly wrong: number;
  readonly foundAt: number | null;
}

interface User {
  readonly bucket: number;
  readonly cell: number;
  readonly requests: number;
  readonly rate: number;
}

/** Independent requests at constant weight. */
export const CALM: SegmentNoise = { users: 400, userSpread: 0, drift: 0, bursts: 0, isRamp: false };
/** Users of unequal activity and error rate, minutes that depend on each other, bursts, and a ramp. */
export const ROUGH: SegmentNoise = { users: 400, userSpread: 1, drift: 0.2, bursts: 0.02, isRamp: true };

/**
 * One rollout of ten segments of about 600 requests a minute, judged each minute; the first has `factor` times as many
 * errors under the candidate.
 */
export function simulateNoisySegments(seed: number, noise: SegmentNoise, factor: number): NoisyExclusions {
  const rng = mulberry32(seed);
  const crowds = NAMES.map(() => Array.from({ length: noise.users }, () => drawUser(rng, noise)));
  const drifts = NAMES.map(() => ({ control: 0, candidate: 0 }));
  const excluded = new Set<string>();
  let state: AnalysisState | null = null;
  let foundAt: number | null = null;
  for (let window = 0; window < WINDOWS && foundAt === null; window++) {
    const step = noise.isRamp ? Math.floor((window * RAMP.length) / WINDOWS) : RAMP.length - 1;
    const common = {
      windowStartAt: FIRST_WINDOW + window * WINDOW_MS,
      windowMs: WINDOW_MS,
      transition: 1 + step + excluded.size * RAMP.length,
      weight: RAMP[step] as number,
    };
    const parts = crowds.map((users, index): Stratum => {
      const drift = drifts[index] as { control: number; candidate: number };
      const arm = (name: 'control' | 'candidate'): ArmTotals => {
        drift[name] = 0.8 * drift[name] + 0.6 * noise.drift * normal(rng);
        const level = Math.exp(drift[name]) * (rng() < noise.bursts ? 5 : 1);
        const harm = name === 'candidate' && index === 0 ? factor : 1;
        const own = users.filter(({ bucket }) => bucket < common.weight === (name === 'candidate'));
        return drawArm(rng, own, level * harm);
      };
      return { ...common, segment: NAMES[index] as string, control: arm('control'), candidate: arm('candidate') };
    });
    const sum = (name: 'control' | 'candidate'): ArmTotals =>
      parts.map((part) => part[name]).reduce((a, b) => addMembers(a, b) as ArmTotals);
    const everybody: Stratum = { ...common, segment: '*', control: sum('control'), candidate: sum('candidate') };
    const result = analyse({
      // Everybody's rollback is set aside: this is about segments. The margin is a tenth of the errors.
      plan: givenPlan({ segments: NAMES, falseRollbackRate: 1e-250, metrics: MARGINS }),
      context: givenContext({ excludedSegments: [...excluded], transition: common.transition, weight: common.weight }),
      strata: [everybody, ...parts],
      state,
      sourceDown: false,
      nowMs: common.windowStartAt + WINDOW_MS + 10_000,
    });
    state = result.state;
    for (const segment of result.analysis.exclude) excluded.add(segment);
    if (factor > 1 && excluded.has(NAMES[0] as string)) foundAt = window + 1;
  }
  const wrong = [...excluded].filter((segment) => factor === 1 || segment !== NAMES[0]).length;
  return { wrong, foundAt };
}

const MARGINS = givenPlan({})
  .metrics.slice(0, 1)
  .map((metric) => ({ ...metric, margin: { absolute: 0.002, relative: 0 } }));

function drawUser(rng: Rng, { userSpread }: SegmentNoise): User {
  const requests = userSpread === 0 ? 1.5 : Math.min(20, 0.5 * (1 - rng()) ** (-1 / 1.5));
  const rate = 0.02 * Math.exp(userSpread * normal(rng) - (userSpread * userSpread) / 2);
  return { bucket: 100 * rng(), cell: Math.floor(CELLS * rng()), requests, rate };
}

function drawArm(rng: Rng, users: readonly User[], level: number): ArmTotals {
  const count = Array.from({ length: CELLS }, () => 0);
  const errors = Array.from({ length: CELLS }, () => 0);
  for (const { cell, requests, rate } of users) {
    const sent = poisson(rng, requests);
    count[cell] = (count[cell] as number) + sent;
    errors[cell] = (errors[cell] as number) + binomial(rng, sent, Math.min(0.9, rate * level));
  }
  const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const arm = givenArm({ requests: Math.max(1, total(count)) });
  const request = arm.events['request'];
  if (request === undefined) return arm;
  const cells = { ...request.cells, count, errors };
  return { ...arm, events: { request: { ...request, count: total(count), errors: total(errors), cells } } };
}

function main(): void {
  const rollouts = Number(process.argv[2] ?? 100);
  const seed = Number(process.argv[3] ?? 41_000);
  const factors = (process.argv[4] ?? '1,2,5').split(',').map(Number);
  console.log(
    '| ten segments, 120 minutes | rollouts | with a false exclusion | harmless segments excluded | harmed found | minutes: median |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  const noises = [
    ['independent requests', CALM],
    ['clustered users', { ...CALM, userSpread: 1 }],
    ['clustered users, AR(1) minutes, bursts, ramp', ROUGH],
  ] as const;
  for (const [name, noise] of noises) {
    for (const factor of factors) {
      const runs = Array.from({ length: rollouts }, (_, index) => simulateNoisySegments(seed + index, noise, factor));
      const any = runs.filter(({ wrong }) => wrong > 0).length;
      const wrong = runs.reduce((sum, run) => sum + run.wrong, 0);
      const minutes = runs.flatMap(({ foundAt }) => foundAt ?? []).sort((a, b) => a - b);
      const found = factor === 1 ? '–' : `${minutes.length} of ${rollouts}`;
      const harmless = rollouts * (NAMES.length - (factor === 1 ? 0 : 1));
      console.log(
        `| ${name}, ${factor === 1 ? 'none harmed' : `one ×${factor}`} | ${rollouts} | ${any} | ${wrong} of ${harmless} | ${found} | ${minutes[Math.floor(minutes.length / 2)] ?? '–'} |`,
      );
    }
  }
}

if (require.main === module) main();
