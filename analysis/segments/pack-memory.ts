import type { HarmMemory } from '../evidence/judge-trials';
import type { SteadySums } from '../evidence/steady-evidence';
import type { Trial } from '../evidence/trial';
import type { UserStarts } from '../user-transitions';
import { readTally, TALLY_BYTES, writeTally } from './pack-tally';
import type { ArmSums } from './segment-state';

/** What of a segment is packed. */
interface Packed extends HarmMemory {
  sums: Record<string, ArmSums>;
}

/** Packs a segment's metrics into one base64 text: for each the count of its numbers, the numbers as doubles, and its tally. */
export function packMemory({ evidence, trials, users, sums }: Packed, names: readonly string[]): string {
  const parts = names.flatMap((name) => {
    const [seen, trial, own] = [evidence[name], trials[name], sums[name]];
    if (seen === undefined || trial === undefined || own === undefined) return [];
    const numbers: number[] = [];
    writeSums(numbers, own);
    writeStarts(numbers, users[name]);
    writeTrial(numbers, trial);
    return [{ numbers, tally: seen.harm }];
  });
  const size = parts.reduce((sum, { numbers }) => sum + 8 * (1 + numbers.length) + TALLY_BYTES, 0);
  const bytes = new ArrayBuffer(size);
  let offset = 0;
  for (const { numbers, tally } of parts) {
    const doubles = new Float64Array(bytes, offset, 1 + numbers.length);
    doubles[0] = numbers.length;
    doubles.set(numbers, 1);
    offset += 8 * doubles.length;
    writeTally(bytes, offset, tally);
    offset += TALLY_BYTES;
  }
  return Buffer.from(bytes).toString('base64');
}

/** Reads what {@link packMemory} wrote of these metrics. */
export function unpackMemory(packed: string, names: readonly string[]): Packed {
  const { buffer } = new Uint8Array(Buffer.from(packed, 'base64'));
  const memory: Packed = { evidence: {}, trials: {}, users: {}, sums: {} };
  let offset = 0;
  for (const name of names) {
    const count = new Float64Array(buffer, offset, 1)[0] as number;
    const numbers = new Reader(new Float64Array(buffer, offset + 8, count));
    offset += 8 * (1 + count);
    memory.sums[name] = readSums(numbers);
    const starts = readStarts(numbers);
    if (starts !== null) memory.users[name] = starts;
    memory.trials[name] = readTrial(numbers);
    memory.evidence[name] = { harm: readTally(buffer, offset), safety: null, ceiling: null };
    offset += TALLY_BYTES;
  }
  return memory;
}

/** Hands out numbers in the order they were written. */
class Reader {
  private at = 0;

  constructor(private readonly numbers: Float64Array) {}

  next(): number {
    return this.numbers[this.at++] as number;
  }

  list(): number[] {
    const length = this.next();
    const values: number[] = [];
    // A plain loop: copying through the typed array's iterator was most of what reading cost.
    for (let index = 0; index < length; index++) values.push(this.next());
    return values;
  }
}

function writeSums(numbers: number[], sums: ArmSums): void {
  numbers.push(sums.candidateUnits, sums.candidateSum, sums.controlUnits, sums.controlSum);
}

function readSums(numbers: Reader): ArmSums {
  return {
    candidateUnits: numbers.next(),
    candidateSum: numbers.next(),
    controlUnits: numbers.next(),
    controlSum: numbers.next(),
  };
}

/** Metrics that are not per user have no starts, written as 0 of them. */
function writeStarts(numbers: number[], starts: UserStarts | undefined): void {
  numbers.push(starts?.starts ?? 0, starts?.transition ?? 0, starts?.banked ?? 0);
}

function readStarts(numbers: Reader): UserStarts | null {
  const [starts, transition, banked] = [numbers.next(), numbers.next(), numbers.next()];
  return starts === 0 ? null : { starts, transition, banked };
}

function writeTrial(numbers: number[], { swift, steady, recent, restarts, noise, scale, open }: Trial): void {
  numbers.push(swift.windows, swift.unspent);
  for (const list of [swift.whole, swift.starts, swift.largest, swift.second]) numbers.push(list.length, ...list);
  writeSteady(numbers, steady);
  writeSteady(numbers, recent);
  numbers.push(restarts, noise.excess, noise.weight, noise.effect, noise.variance);
  numbers.push(scale.candidateSquares, scale.candidateFreedom, scale.controlSquares, scale.controlFreedom);
  numbers.push(open === null ? 0 : 1, open?.startAt ?? 0, open?.score ?? 0, open?.information ?? 0);
}

function readTrial(numbers: Reader): Trial {
  const [windows, unspent] = [numbers.next(), numbers.next()];
  const [whole, starts, largest, second] = [numbers.list(), numbers.list(), numbers.list(), numbers.list()];
  const [steady, recent] = [readSteady(numbers), readSteady(numbers)];
  const restarts = numbers.next();
  const [excess, weight, effect, variance] = [numbers.next(), numbers.next(), numbers.next(), numbers.next()];
  const scale = {
    candidateSquares: numbers.next(),
    candidateFreedom: numbers.next(),
    controlSquares: numbers.next(),
    controlFreedom: numbers.next(),
  };
  const [isOpen, startAt, score, information] = [numbers.next(), numbers.next(), numbers.next(), numbers.next()];
  return {
    swift: { windows, whole, starts, unspent, largest, second },
    steady,
    recent,
    restarts,
    noise: { excess, weight, effect, variance },
    scale,
    open: isOpen === 1 ? { startAt, score, information } : null,
  };
}

function writeSteady(numbers: number[], sums: SteadySums): void {
  numbers.push(sums.blocks, sums.score, sums.variance, sums.information);
  numbers.push(sums.scoreSquares, sums.scoreVariance, sums.varianceSquares);
  numbers.push(sums.extremes.length, ...sums.extremes);
  const { recent, near, nearCount, far, farCount } = sums.lags;
  numbers.push(recent.length, ...recent, near, nearCount, far, farCount);
}

function readSteady(numbers: Reader): SteadySums {
  return {
    blocks: numbers.next(),
    score: numbers.next(),
    variance: numbers.next(),
    information: numbers.next(),
    scoreSquares: numbers.next(),
    scoreVariance: numbers.next(),
    varianceSquares: numbers.next(),
    extremes: numbers.list(),
    lags: {
      recent: numbers.list(),
      near: numbers.next(),
      nearCount: numbers.next(),
      far: numbers.next(),
      farCount: numbers.next(),
    },
  };
}
