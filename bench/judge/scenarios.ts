import { CALM, type Scenario } from './simulate';

const RAMP = [1, 5, 10, 25, 50].map((weight) => ({ weight, windows: 24 }));
const at = (weight: number): Scenario['weights'] => [{ weight, windows: 1 }];
const CLUSTERED = { users: 2000, tail: 1.5, userSpread: 1 } as const;

/** Candidates that do no harm, under every kind of noise named: each must not be rolled back. */
export const HARMLESS: Readonly<Record<string, Scenario>> = {
  'independent requests': CALM,
  'weight ramps 1-5-10-25-50': { ...CALM, weights: RAMP },
  'daily cycle, drift and ramp': { ...CALM, weights: RAMP, cycle: 0.6, drift: 1 },
  'clustered users': { ...CALM, ...CLUSTERED },
  'clustered users, ramp': { ...CALM, ...CLUSTERED, weights: RAMP },
  'clustered users, 10 %': { ...CALM, ...CLUSTERED, weights: at(10) },
  'bad client, 50 errors a minute': { ...CALM, badClient: 50, weights: at(25) },
  'bad client in low traffic': { ...CALM, requestsPerMinute: 600, users: 500, badClient: 50, errorRate: 0.001 },
  'bad client, clustered, ramp': { ...CALM, ...CLUSTERED, badClient: 50, weights: RAMP },
  'noise of one arm, CV 30 %': { ...CALM, armNoise: 0.3 },
  'noise of one arm, CV 30 %, ramp': { ...CALM, armNoise: 0.3, weights: RAMP },
  'bursts of one window': { ...CALM, burst: 0.02, weights: at(25) },
  'rare errors, 1 in 10,000': { ...CALM, errorRate: 0.0001, requestsPerMinute: 60_000, weights: at(10) },
  'small canary, 1 % of 600 a minute': { ...CALM, requestsPerMinute: 600, weights: at(1), windowMs: 60_000 },
  'windows of 60 s, 60,000 a minute': { ...CALM, windowMs: 60_000, requestsPerMinute: 60_000, weights: at(10) },
  'few users (80)': { ...CALM, users: 80, userSpread: 1, weights: at(25) },
};

/** Candidates just at a margin of full exposure: each must not be promoted to it. */
export const AT_MARGIN: Readonly<Record<string, Scenario>> = {
  'errors at the margin': { ...CALM, harm: { plus: 0.006 } },
  'errors at the margin, 10 %': { ...CALM, harm: { plus: 0.006 }, weights: at(10) },
  'errors at the margin, ramp': { ...CALM, harm: { plus: 0.006 }, weights: RAMP },
  'errors at the margin, clustered users': { ...CALM, ...CLUSTERED, harm: { plus: 0.006 } },
  'errors at the margin, noise of one arm': { ...CALM, armNoise: 0.3, harm: { plus: 0.006 } },
  'errors at the margin, bursts': { ...CALM, burst: 0.02, harm: { plus: 0.006 } },
  'errors at the margin, rare': { ...CALM, errorRate: 0.0001, requestsPerMinute: 60_000, harm: { plus: 0.00501 } },
  'errors at the margin, 600 a minute': { ...CALM, requestsPerMinute: 600, harm: { plus: 0.006 } },
  'latency at the margin': { ...CALM, harm: { latency: 1.1 } },
  'latency at the margin, clustered users': { ...CALM, ...CLUSTERED, harm: { latency: 1.1 } },
};

/** Candidates that do harm: how soon are they rolled back? */
export const HARMFUL: Readonly<Record<string, Scenario>> = {
  'errors 1 % to 20 %, 2,400 a minute, 50 %': { ...CALM, requestsPerMinute: 2400, harm: { plus: 0.19 } },
  'errors 1 % to 20 %, 2,400 a minute, 10 %': {
    ...CALM,
    requestsPerMinute: 2400,
    harm: { plus: 0.19 },
    weights: at(10),
  },
  'errors 1 % to 20 %, 6,000 a minute, 10 %': { ...CALM, harm: { plus: 0.19 }, weights: at(10) },
  'the same, after 200 calm windows': { ...CALM, harm: { plus: 0.19 }, weights: at(10), onset: 200 },
  'errors 1 % to 20 %, 6,000 a minute, 1 %': { ...CALM, harm: { plus: 0.19 }, weights: at(1) },
  'errors x5, 50 %': { ...CALM, harm: { times: 5 } },
  'errors x5, 10 %': { ...CALM, harm: { times: 5 }, weights: at(10) },
  'errors x5, 10 %, clustered users': { ...CALM, ...CLUSTERED, harm: { times: 5 }, weights: at(10) },
  'errors x2, 50 %': { ...CALM, harm: { times: 2 } },
  'errors x2, 10 %, 60,000 a minute': { ...CALM, requestsPerMinute: 60_000, harm: { times: 2 }, weights: at(10) },
  'errors x10 of 0.1 %, 60,000 a minute, 10 %': {
    ...CALM,
    errorRate: 0.001,
    requestsPerMinute: 60_000,
    harm: { times: 10 },
    weights: at(10),
  },
  'latency +25 %, 50 %': { ...CALM, harm: { latency: 1.25 } },
  'latency +25 %, 10 %': { ...CALM, harm: { latency: 1.25 }, weights: at(10) },
  'tail: 3 % five times slower, 50 %': { ...CALM, harm: { tail: 0.03 } },
  'windows of 60 s, errors x2, 10 %': {
    ...CALM,
    windowMs: 60_000,
    requestsPerMinute: 60_000,
    harm: { times: 2 },
    weights: at(10),
  },
};

/** Healthy candidates on their way: when can the last judged step be promoted? */
export const HEALTHY: Readonly<Record<string, Scenario>> = {
  '6,000 a minute at 50 %': CALM,
  '6,000 a minute at 10 %': { ...CALM, weights: at(10) },
  '6,000 a minute at 1 %': { ...CALM, weights: at(1) },
  '6,000 a minute at 50 %, clustered users': { ...CALM, ...CLUSTERED },
};
