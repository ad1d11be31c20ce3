import type { Rng } from '../../../ml/random/mulberry32';
import { choose, normal, uniform } from './draw';

const CELLS = 64;

interface User {
  readonly cell: number;
  readonly bucket: number;
  /** Share of all requests. */
  readonly activity: number;
  /** Factor on the error rate, 1 on average over requests. */
  readonly errorFactor: number;
  /** Shift of log latency, 0 on average. */
  readonly slowness: number;
}

/** The users of a service: each keeps cell, bucket, activity, error rate and speed for life. */
export type Population = readonly User[];

/** What the users of one arm bring, by cell. */
export interface ArmUsers {
  /** Share of all requests of the service. */
  readonly activity: Float64Array;
  /** By requests, the average of the users' factors on the error rate and of their shifts of log latency. */
  readonly errorFactor: Float64Array;
  readonly slowness: Float64Array;
}

/** Draws users: from few with many requests each to many, with activity that falls off as a power. */
export function drawPopulation(rng: Rng, requestsPerMinute: number): Population {
  const each = choose(rng, [
    [1, 0.4],
    [3, 0.4],
    [10, 0.2],
  ]);
  const size = Math.min(20_000, Math.max(500, Math.round(requestsPerMinute / each)));
  const exponent = uniform(rng, 1.5, 3);
  const errorSpread = uniform(rng, 0.3, 1);
  const speedSpread = uniform(rng, 0.02, 0.1);
  const raw = Array.from({ length: size }, () => ({
    cell: Math.floor(rng() * CELLS),
    bucket: rng(),
    activity: Math.min(100, (1 - rng()) ** (-1 / exponent)),
    errorFactor: Math.exp(errorSpread * normal(rng) - errorSpread ** 2 / 2),
    slowness: speedSpread * normal(rng),
  }));
  const activity = raw.reduce((sum, user) => sum + user.activity, 0);
  const factor = raw.reduce((sum, user) => sum + user.activity * user.errorFactor, 0) / activity;
  return raw.map((user) => ({
    ...user,
    activity: user.activity / activity,
    errorFactor: user.errorFactor / factor,
  }));
}

/** Parts users by their buckets: those below the weight get the candidate. */
export function shareOut(
  population: Population,
  weight: number,
): { readonly control: ArmUsers; readonly candidate: ArmUsers } {
  const control = noUsers();
  const candidate = noUsers();
  for (const { cell, bucket, activity, errorFactor, slowness } of population) {
    const arm = bucket < weight ? candidate : control;
    arm.activity[cell]! += activity;
    arm.errorFactor[cell]! += activity * errorFactor;
    arm.slowness[cell]! += activity * slowness;
  }
  for (const { activity, errorFactor, slowness } of [control, candidate]) {
    for (const [cell, sum] of activity.entries()) {
      if (sum === 0) continue;
      errorFactor[cell]! /= sum;
      slowness[cell]! /= sum;
    }
  }
  return { control, candidate };
}

function noUsers(): ArmUsers {
  return { activity: new Float64Array(CELLS), errorFactor: new Float64Array(CELLS), slowness: new Float64Array(CELLS) };
}
