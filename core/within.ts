/**
 * What the work comes to, or something else when that takes longer than a time. The work goes on unheard; what it then
 * fails by reaches nobody.
 *
 * @param ms - how long it may take, in milliseconds; no time at all below zero
 * @throws what the work fails by in time
 */
export function within<Result, Bridge>(
  ms: number,
  work: Promise<Result>,
  bridge: Bridge,
): Promise<Awaited<Result> | Bridge> {
  return race<Result | Bridge>(ms, work, (resolve) => resolve(bridge)) as Promise<Awaited<Result> | Bridge>;
}

/**
 * What the work comes to within a time. The work goes on unheard when it takes longer.
 *
 * @param ms - how long it may take, in milliseconds
 * @param who - who did not answer then, in the error's words
 * @throws {Error} saying so when it takes longer; else what the work fails by
 */
export function answerWithin<Result>(ms: number, work: Promise<Result>, who: string): Promise<Result> {
  return race(ms, work, (_resolve, reject) => reject(new Error(`${who} within ${ms} ms`)));
}

function race<Result>(
  ms: number,
  work: Promise<Result>,
  whenLate: (resolve: (value: Result) => void, reject: (error: Error) => void) => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const lateness = new Promise<Result>((resolve, reject) => {
    timer = setTimeout(() => whenLate(resolve, reject), Math.max(0, ms));
  });
  return Promise.race([work, lateness]).finally(() => clearTimeout(timer));
}
