import { isBad, type Kind, type Trace } from '../traces/trace';

/** What a judge decided on a trace, by minutes from 0; null for never. */
export interface Decision {
  readonly rollback: number | null;
  /** Null for judges that only roll back. */
  readonly promote: number | null;
  readonly narrow: number | null;
}

/** A judge in the comparison. */
export interface Contender {
  readonly name: string;
  readonly setting: string;
  decide(trace: Trace): Decision;
}

/** What came of one decision, as the peers' bench counts it. */
export interface Outcome {
  readonly kind: Kind;
  readonly rolledBack: boolean;
  /** Rolled back after the onset of harm. */
  readonly caught: boolean;
  /** Minutes from the onset to the rollback; null when not caught. */
  readonly minutes: number | null;
  /** The same with the horizon for those never rolled back. */
  readonly minutesOrHorizon: number;
  /** For errors the failed, otherwise all requests that the candidate served from the onset to the decision. */
  readonly badRequests: number;
  readonly promoted: boolean;
  readonly narrowed: boolean;
}

/** Counts one decision. */
export function outcomeOf(trace: Trace, { rollback, promote, narrow }: Decision): Outcome {
  const { kind, onset, minutes } = trace;
  const end = rollback === null ? minutes.length : rollback + 1;
  const caught = isBad(kind) && rollback !== null && rollback >= onset;
  const isHarm = kind.startsWith('err');
  let badRequests = 0;
  for (let minute = onset; minute < end && isBad(kind); minute++) {
    const arm = minutes[minute]?.candidate;
    badRequests += (isHarm ? arm?.errors : arm?.requests) ?? 0;
  }
  return {
    kind,
    rolledBack: rollback !== null,
    caught,
    minutes: caught ? rollback + 1 - onset : null,
    minutesOrHorizon: rollback === null ? minutes.length - onset : Math.max(rollback + 1 - onset, 0),
    badRequests,
    promoted: promote !== null,
    narrowed: narrow !== null,
  };
}
