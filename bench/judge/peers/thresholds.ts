import { errorRates, quantiles, runningSum, type Minutes } from './minutes';

/** Flagger's documented checks each minute: success below 99 % or p99 above 500 ms fails; failed checks add up. */
export function flagger({ candidate }: Minutes, successFloor = 0.99): number[] {
  const rates = errorRates(candidate);
  const p99 = quantiles(candidate, 0.99);
  return runningSum(rates.map((rate, minute) => (1 - rate < successFloor || (p99[minute] as number) > 500 ? 1 : 0)));
}

/**
 * The same with a floor set by someone who knows the control's error rate: twice that of the first ten minutes, at
 * least 1 %.
 */
export function tunedFlagger(minutes: Minutes): number[] {
  const first = (values: readonly number[]): number => values.slice(0, 10).reduce((sum, value) => sum + value, 0);
  const base = first(minutes.control.errors) / Math.max(first(minutes.control.requests), 1);
  return flagger(minutes, 1 - Math.max(0.01, 2 * base));
}

/** Argo Rollouts' documented check: success of five minutes at least 95 %, every five minutes; failed checks add up. */
export function argo({ length, candidate }: Minutes): number[] {
  let failed = 0;
  return Array.from({ length }, (_, minute) => {
    if ((minute + 1) % 5 === 0) {
      const sum = (values: readonly number[]): number =>
        values.slice(minute - 4, minute + 1).reduce((total, value) => total + value, 0);
      const requests = sum(candidate.requests);
      if (requests > 0 && 1 - sum(candidate.errors) / requests < 0.95) failed += 1;
    }
    return failed;
  });
}

/** Home-made checks: error rate above 1.5 × control (and two errors) or p95 above 1.2 × control; minutes running. */
export function relative({ control, candidate }: Minutes): number[] {
  const own = errorRates(candidate);
  const other = errorRates(control);
  const ownP95 = quantiles(candidate, 0.95);
  const otherP95 = quantiles(control, 0.95);
  let running = 0;
  return own.map((rate, minute) => {
    const fails =
      (rate > 1.5 * (other[minute] as number) && (candidate.errors[minute] as number) >= 2) ||
      (ownP95[minute] as number) > 1.2 * (otherP95[minute] as number);
    return (running = fails ? running + 1 : 0);
  });
}
