import { testGranger, type GrangerVerdict } from '../../ml/causality/granger-test';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';

/** Pairs of series with a known answer; each draws a cause and an effect. */
const KINDS: Readonly<Record<string, (rng: Rng, length: number) => [number[], number[]]>> = {
  'independent noise': (rng, length) => [normals(rng, length), normals(rng, length)],
  'independent autoregressions of .8': (rng, length) => [recursion(rng, length, 0.8), recursion(rng, length, 0.8)],
  'independent random walks': (rng, length) => [recursion(rng, length, 1), recursion(rng, length, 1)],
  'a shared step, asked backwards': (rng, length) => {
    const first = normals(rng, length).map((value, t) => value + (t >= length / 2 ? 8 : 0));
    return [normals(rng, length).map((value, t) => value + 0.9 * (first[t - 1] ?? 0)), first];
  },
  'an effect of .3 deviations after one': (rng, length) => driven(rng, normals(rng, length), 0.3),
  'a cointegrated effect': (rng, length) => driven(rng, recursion(rng, length, 1), 1),
};

/** The share of causal verdicts of each kind: false edges of the first four, power of the last two. */
export function causalShares(runs: number, length: number, seed: number): { kind: string; share: number }[] {
  return Object.entries(KINDS).map(([kind, draw]) => {
    const rng = mulberry32(seed);
    const verdicts = Array.from({ length: runs }, (): GrangerVerdict => {
      const [cause, effect] = draw(rng, length);
      return testGranger({ cause, effect }).verdict;
    });
    return { kind, share: verdicts.filter((verdict) => verdict === 'causal').length / runs };
  });
}

function driven(rng: Rng, cause: number[], coupling: number): [number[], number[]] {
  return [cause, normals(rng, cause.length).map((value, t) => value + coupling * (cause[t - 1] ?? 0))];
}

function recursion(rng: Rng, length: number, memory: number): number[] {
  let level = 0;
  return normals(rng, length).map((step) => (level = memory * level + step));
}

function normals(rng: Rng, length: number): number[] {
  return Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng()));
}
