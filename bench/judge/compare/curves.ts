import { minutesOf, type PeerJudge } from '../peers/minutes';
import { PEERS } from '../peers/peers';
import { traceSet, type TraceSet } from '../traces/sets';
import { BAD_KINDS, GOOD_KINDS, isBad, type Kind, type Trace } from '../traces/trace';
import { outcomeOf, type Contender } from './outcome';
import { summarise } from './summary';

/** How calm and how quick a judge is at one setting. */
export interface CurvePoint {
  /** Over good kinds alike, 0–1. */
  readonly falseRollback: number;
  /** Mean minutes to a decision over bad kinds alike; a missed one counts as the horizon. */
  readonly meanMinutes: number;
}

/** One judge over its settings, calmest first; a single point for one that is run at one setting. */
export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** Its setting as documented. */
  readonly stock: CurvePoint;
}

/** What is kept of a peer on a trace: when its score rises, and to what. */
interface Rises {
  readonly trace: Pick<Trace, 'kind' | 'onset'> & { readonly horizon: number };
  readonly minutes: readonly number[];
  readonly scores: readonly number[];
}

const FALSE_SHARES = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.45, 0.6];

/** Peers over all thresholds, and ours at each setting given, on one set of traces. */
export function curvesOf(set: TraceSet, ours: ReadonlyMap<string, readonly Contender[]>): Curve[] {
  const rises = PEERS.map((): Rises[] => []);
  const decided = new Map(
    [...ours].map(([name, judges]) => [name, judges.map(() => [] as ReturnType<typeof outcomeOf>[])]),
  );
  for (const trace of traceSet(set)) {
    const minutes = minutesOf(trace);
    for (const [index, peer] of PEERS.entries()) rises[index]?.push(risesOf(peer, minutes, trace));
    for (const [name, judges] of ours) {
      for (const [index, judge] of judges.entries())
        decided.get(name)?.[index]?.push(outcomeOf(trace, judge.decide(trace)));
    }
  }
  const own = [...decided].map(([name, settings]): Curve => {
    const points = settings.map((outcomes) => {
      const { falseRollback, meanMinutes } = summarise(outcomes);
      return { falseRollback: falseRollback.value, meanMinutes: meanMinutes.value };
    });
    return { name, points, stock: points[0] ?? { falseRollback: Number.NaN, meanMinutes: Number.NaN } };
  });
  return [...own, ...PEERS.map((peer, index) => peerCurve(peer, rises[index] ?? []))];
}

function risesOf({ score }: PeerJudge, minutes: ReturnType<typeof minutesOf>, { kind, onset }: Trace): Rises {
  const at: number[] = [];
  const scores: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (const [minute, value] of score(minutes).entries()) {
    if (!(value > highest)) continue;
    highest = value;
    at.push(minute);
    scores.push(value);
  }
  return { trace: { kind, onset, horizon: minutes.length }, minutes: at, scores };
}

function peerCurve({ name, threshold }: PeerJudge, rises: readonly Rises[]): Curve {
  const highest = rises
    .filter(({ trace }) => !isBad(trace.kind))
    .map(({ scores }) => scores[scores.length - 1] ?? Number.NEGATIVE_INFINITY)
    .sort((a, b) => b - a);
  const thresholds = FALSE_SHARES.map((share) => highest[Math.floor(share * highest.length)] ?? 0).map(
    (value) => value * (1 + 1e-9) + 1e-12,
  );
  const points = thresholds.filter(Number.isFinite).map((each) => pointAt(rises, each));
  return { name, points, stock: pointAt(rises, threshold) };
}

function pointAt(rises: readonly Rises[], threshold: number): CurvePoint {
  const byKind = new Map<Kind, number[]>();
  for (const { trace, minutes, scores } of rises) {
    const at = minutes[scores.findIndex((score) => score >= threshold)];
    const value = isBad(trace.kind)
      ? at === undefined
        ? trace.horizon - trace.onset
        : Math.max(at + 1 - trace.onset, 0)
      : Number(at !== undefined);
    byKind.set(trace.kind, [...(byKind.get(trace.kind) ?? []), value]);
  }
  return { falseRollback: meanOver(GOOD_KINDS, byKind), meanMinutes: meanOver(BAD_KINDS, byKind) };
}

function meanOver(kinds: readonly Kind[], byKind: ReadonlyMap<Kind, readonly number[]>): number {
  const means = kinds.flatMap((kind) => {
    const values = byKind.get(kind);
    return values === undefined ? [] : [values.reduce((sum, value) => sum + value, 0) / values.length];
  });
  return means.reduce((sum, value) => sum + value, 0) / means.length;
}
