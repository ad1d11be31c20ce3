import type { ExposureEvent, OutcomeEvent } from '../../metrics/events';
import type { Exposure } from './exposures';

/** What an outcome measured. */
export interface Outcome {
  /** In the event's own unit: milliseconds for durations. */
  readonly value?: number;
  /** The request or action failed. */
  readonly error?: boolean;
  /** It had not ended when its window was judged; `value` is the time taken so far. */
  readonly open?: boolean;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

/** Whether ingestion takes this event name and value; one bad event would have its whole batch refused. */
export function isReportable(name: string, { value }: Outcome): boolean {
  return NAME.test(name) && (value === undefined || Number.isFinite(value));
}

/** The event of a new exposure. */
export function exposureEvent({ exposedAt, mixed, ...exposure }: Exposure): ExposureEvent {
  return { kind: 'exposure', ...stamp(exposure), at: exposedAt, ...(mixed && { mixed }) };
}

/** The event of an outcome, stamped with the exposure it belongs to. The first of an exposure is marked on both. */
export function outcomeEvent(name: string, { value, error, open }: Outcome, exposure: Exposure): OutcomeEvent {
  const first = !exposure.hadOutcome;
  exposure.hadOutcome = true;
  return {
    kind: 'outcome',
    name,
    ...stamp(exposure),
    exposedAt: exposure.exposedAt,
    ...(value !== undefined && { value }),
    ...(error === true && { error }),
    ...(first && { first }),
    ...(open === true && { open }),
  };
}

type Stamped = Pick<Exposure, 'flag' | 'rollout' | 'variant' | 'transition' | 'cell' | 'user' | 'segments'>;

function stamp({ flag, rollout, variant, transition, cell, user, segments }: Stamped) {
  return {
    flag,
    rollout,
    variant,
    transition,
    cell,
    ...(user !== undefined && { user }),
    ...(segments.length > 0 && { segments: [...segments] }),
  };
}
