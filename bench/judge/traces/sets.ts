import type { TraceOptions } from './effects';
import { friendlyTrace } from './friendly';
import { exchangeableTrace, hostileTrace } from './hostile';
import { sessionsTrace } from './sessions';
import { BAD_KINDS, GOOD_KINDS, type Kind, type Trace } from './trace';

/** Which noise a set of traces has. */
const NOISES = ['friendly', 'hostile', 'exchangeable', 'sessions'] as const;
export type Noise = (typeof NOISES)[number];

/** A set of traces, the same for the same numbers. */
export interface TraceSet {
  readonly noise: Noise;
  readonly cells: boolean;
  /** Traces of each good and of each bad kind. */
  readonly good: number;
  readonly bad: number;
  readonly seed: number;
  readonly constantWeight?: boolean;
}

/** Simulates one trace. */
export function simulateTrace(noise: Noise, options: TraceOptions): Trace {
  switch (noise) {
    case 'friendly':
      return friendlyTrace(options);
    case 'hostile':
      return hostileTrace(options);
    case 'exchangeable':
      return exchangeableTrace(options);
    case 'sessions':
      return sessionsTrace(options);
  }
}

/** Yields all traces of a set; every kind has indexes of its own, so that a larger set begins with the smaller one's traces. */
export function* traceSet({ noise, cells, good, bad, seed, constantWeight }: TraceSet): Generator<Trace> {
  const kinds: (readonly [Kind, number])[] = [
    ...GOOD_KINDS.map((kind) => [kind, good] as const),
    ...BAD_KINDS.map((kind) => [kind, bad] as const),
  ];
  for (const [position, [kind, count]] of kinds.entries()) {
    for (let each = 0; each < count; each++) {
      yield simulateTrace(noise, { seed, index: position * 100_000 + each, kind, cells, constantWeight });
    }
  }
}

/** Whether a word of the command line names a kind of noise. */
export function isNoise(text: string): text is Noise {
  return NOISES.some((noise) => noise === text);
}
