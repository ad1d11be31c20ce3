import type { EventBatch, ExposureEvent, MetricEvent, OutcomeEvent } from '../../metrics/events';
import type { Observed } from '../../metrics/aggregate';

/** Start of a window of ten seconds. */
export const WINDOW_START = 1_800_000_000_000;

/** Ten-second windows, one observed segment, requests slower than 500 and half a millisecond. */
export const OBSERVED: Observed = { windowMs: 10_000, segments: ['beta'], thresholds: { request: [500, 0.5] } };

const SERVED = { flag: 'checkout', rollout: 'r1', variant: 'on', transition: 1, cell: 3 };

/** A user was served `on` one second into the window. */
export function givenExposure(change: Partial<ExposureEvent> = {}): ExposureEvent {
  return { kind: 'exposure', ...SERVED, at: WINDOW_START + 1_000, ...change };
}

/** That user's request took 120 ms. */
export function givenRequest(change: Partial<OutcomeEvent> = {}): OutcomeEvent {
  return { kind: 'outcome', name: 'request', ...SERVED, exposedAt: WINDOW_START + 1_000, value: 120, ...change };
}

/** A batch made two seconds into the window. */
export function givenBatch(batchId: string, events: MetricEvent[] = [givenExposure()]): EventBatch {
  return { batchId: `batch-${batchId}`, createdAt: WINDOW_START + 2_000, events };
}
