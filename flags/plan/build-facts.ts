import { z } from 'zod';

/** Larger than any build: a number beyond it is a mistake of units. */
const MOST_SECONDS = 604_800;
const count = z.int().nonnegative().max(10_000_000).nullable().optional();
/** Names of an image and its tools, such as `ubuntu-24.04 node-20.19`. */
const environment = z.string().trim().min(1).max(200).nullable().optional();

/** What CI tells of a build: every member optional, and null where it was looked for and is not known. */
export const BuildFacts = z.strictObject({
  /** Time the build took. */
  seconds: z.number().nonnegative().max(MOST_SECONDS).nullable().optional(),
  /** What this build usually takes, in seconds. */
  usualSeconds: z.number().positive().max(MOST_SECONDS).nullable().optional(),
  /** Direct and indirect dependencies built in. */
  dependencies: count,
  /** Those whose version differs from the last deployment. */
  dependenciesChanged: count,
  testsRun: count,
  /** Tests that failed at first. */
  testsFailed: count,
  /** Times the build was run again before it passed. */
  retries: count,
  /** Share of lines that tests reach, 0–1. */
  coverage: z.number().min(0).max(1).nullable().optional(),
  /** What it was built in; compared with the usual one and kept no longer. */
  environment,
  /** What this build is usually made in. */
  usualEnvironment: environment,
});
export type BuildFacts = z.infer<typeof BuildFacts>;
