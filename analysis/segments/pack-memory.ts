import type { HarmMemory } from '../evidence/judge-trials';
import type { SteadySums } from '../evidence/steady-evidence';
import { NOISE_LEVELS } from '../evidence/settings';
import { restartSwift, type Trial } from '../evidence/trial';
import type { NoiseLevels } from '../../ml/sequential/noise-levels';
import type { UserStarts } from '../user-transitions';
import type { Tally } from '../tally';
import { readTally, TALLY_BYTES, writeTally, type PackedBytes } from './pack-tally';
import type { ArmSums } from './segment-state';

/** What of a segment is packed. */
interface Packed extends HarmMemory {
  sums: Record<string, ArmSums>;
}

/** Packs a segment's metrics into one base64 text: for each the count of its numbers, the numbers as doubles, and its tally. */
export function packMemory({ evidence, trials, users, sums }: Packed, names: readonly string[]): string {
  writer.restart();
  for (const name of names) {
    const [seen, trial, own] = [evidence[name], trials[name], sums[name]];
    if (seen === undefined || trial === undefined || own === undefined) continue;
    writer.begin();
    writeSums(writer, own);
    writeStarts(writer, users[name]);
    writeTrial(writer, trial);
    writer.end(seen.harm);
  }
  return writer.toBase64();
}

/** Reads what {@link packMemory} wrote of these metrics. */
export function unpackMemory(packed: string, names: readonly string[]): Packed {
  const buffer = new ArrayBuffer(Buffer.byteLength(packed, 'base64'));
  Buffer.from(buffer).write(packed, 'base64');
  const memory: Packed = { evidence: {}, trials: {}, users: {}, sums: {} };
  const doubles = new Float64Array(buffer);
  let place = 0;
  for (const name of names) {
    const count = doubles[place] as number;
    const numbers = new Reader(doubles, place + 1, place + 1 + count);
    place += 1 + count;
    memory.sums[name] = readSums(numbers);
    const starts = readStarts(numbers);
    if (starts !== null) memory.users[name] = starts;
    memory.trials[name] = readTrial(numbers);
    memory.evidence[name] = { harm: readTally(doubles, place), safety: null, ceiling: null };
    place += TALLY_BYTES / 8;
  }
  return memory;
}

/** Bytes that some twenty metrics of a segment take; more are given room when they come. */
const USUAL_BYTES = 65_536;

/**
 * Takes numbers straight into the bytes to be packed: lists of them, made for each metric of each segment at each look,
 * were most of the garbage.
 */
class Writer implements PackedBytes {
  doubles: Float64Array;
  floats: Float32Array;
  /** Place of the next number, and of the count of the metric being written. */
  private at = 0;
  private countAt = 0;

  constructor(sizeBytes: number) {
    this.doubles = new Float64Array(sizeBytes / 8);
    this.floats = new Float32Array(this.doubles.buffer);
  }

  restart(): void {
    this.at = 0;
  }

  begin(): void {
    this.countAt = this.at;
    this.put(0);
  }

  put(value: number): void {
    if (this.at === this.doubles.length) this.makeRoom(this.at + 1);
    this.doubles[this.at++] = value;
  }

  list(values: readonly number[]): void {
    this.put(values.length);
    for (let index = 0; index < values.length; index++) this.put(values[index] as number);
  }

  end(tally: Tally): void {
    this.doubles[this.countAt] = this.at - this.countAt - 1;
    const places = TALLY_BYTES / 8;
    if (this.at + places > this.doubles.length) this.makeRoom(this.at + places);
    writeTally(this, this.at, tally);
    this.at += places;
  }

  toBase64(): string {
    return Buffer.from(this.doubles.buffer, 0, this.at * 8).toString('base64');
  }

  private makeRoom(places: number): void {
    const before = this.doubles;
    this.doubles = new Float64Array(Math.max(places, 2 * before.length));
    this.doubles.set(before);
    this.floats = new Float32Array(this.doubles.buffer);
  }
}

/**
 * One for all segments, each of which is done with it before the next begins: memory outside the heap brings on
 * collections of all of it.
 */
const writer = new Writer(USUAL_BYTES);

/** Hands out numbers in the order they were written. */
class Reader {
  constructor(
    private readonly numbers: Float64Array,
    private at: number,
    private readonly end: number,
  ) {}

  next(): number {
    return this.numbers[this.at++] as number;
  }

  hasMore(): boolean {
    return this.at < this.end;
  }

  list(): number[] {
    const length = this.next();
    const values: number[] = [];
    // A plain loop: copying through the typed array's iterator was most of what reading cost.
    for (let index = 0; index < length; index++) values.push(this.next());
    return values;
  }
}

function writeSums(numbers: Writer, sums: ArmSums): void {
  numbers.put(sums.candidateUnits);
  numbers.put(sums.candidateSum);
  numbers.put(sums.controlUnits);
  numbers.put(sums.controlSum);
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
function writeStarts(numbers: Writer, starts: UserStarts | undefined): void {
  numbers.put(starts?.starts ?? 0);
  numbers.put(starts?.transition ?? 0);
  numbers.put(starts?.banked ?? 0);
}

function readStarts(numbers: Reader): UserStarts | null {
  const [starts, transition, banked] = [numbers.next(), numbers.next(), numbers.next()];
  return starts === 0 ? null : { starts, transition, banked };
}

function writeTrial(numbers: Writer, trial: Trial): void {
  const { swift, steady, recent, restarts, noise, scale, open } = trial;
  numbers.put(swift.windows);
  numbers.put(swift.unspent);
  numbers.list(swift.whole);
  numbers.list(swift.starts);
  numbers.list(swift.largest);
  numbers.list(swift.second);
  writeSteady(numbers, steady);
  writeSteady(numbers, recent);
  numbers.put(restarts);
  numbers.put(noise.excess);
  numbers.put(noise.weight);
  numbers.put(noise.effect);
  numbers.put(noise.variance);
  numbers.put(scale.candidateSquares);
  numbers.put(scale.candidateFreedom);
  numbers.put(scale.controlSquares);
  numbers.put(scale.controlFreedom);
  numbers.put(open === null ? 0 : 1);
  numbers.put(open?.startAt ?? 0);
  numbers.put(open?.score ?? 0);
  numbers.put(open?.information ?? 0);
  writeLevels(numbers, trial.levels);
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
  const levels = readLevels(numbers);
  const trial = {
    swift: { windows, whole, starts, unspent, largest, second },
    steady,
    recent,
    restarts,
    noise: { excess, weight, effect, variance },
    scale,
    open: isOpen === 1 ? { startAt, score, information } : null,
  };
  return levels === null ? restartSwift(trial) : { ...trial, levels };
}

function writeLevels(numbers: Writer, { nulls, informations, reckoned, open }: NoiseLevels): void {
  numbers.list(nulls);
  numbers.list(informations);
  numbers.put(reckoned);
  numbers.put(open === null ? 0 : 1);
  numbers.put(open?.startAt ?? 0);
  numbers.put(open?.score ?? 0);
  numbers.put(open?.information ?? 0);
}

/** Stands last, since what was packed before has none or begins with another number: null then. */
function readLevels(numbers: Reader): NoiseLevels | null {
  if (!numbers.hasMore()) return null;
  const nulls = numbers.list();
  if (nulls.length !== NOISE_LEVELS) return null;
  const informations = numbers.list();
  const reckoned = numbers.next();
  const [isOpen, startAt, score, information] = [numbers.next(), numbers.next(), numbers.next(), numbers.next()];
  return { nulls, informations, reckoned, open: isOpen === 1 ? { startAt, score, information } : null };
}

function writeSteady(numbers: Writer, sums: SteadySums): void {
  numbers.put(sums.blocks);
  numbers.put(sums.score);
  numbers.put(sums.variance);
  numbers.put(sums.information);
  numbers.put(sums.scoreSquares);
  numbers.put(sums.scoreVariance);
  numbers.put(sums.varianceSquares);
  numbers.list(sums.extremes);
  const { recent, near, nearCount, far, farCount } = sums.lags;
  numbers.list(recent);
  numbers.put(near);
  numbers.put(nearCount);
  numbers.put(far);
  numbers.put(farCount);
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
