import { AGREEING_WINDOWS, CELLS, type Tally, type WindowPart } from '../tally';

type NumberField = { [Field in keyof Tally]: Tally[Field] extends number ? Field : never }[keyof Tally];
type CellField = { [Field in keyof Tally]: Tally[Field] extends Float32Array ? Field : never }[keyof Tally];
type RestField = Exclude<keyof Tally, NumberField | CellField>;

/** How many numbers a tally has; the compiler refuses to read one with a field that is not read. */
const NUMBERS = 20;
const CELL_FIELDS = 3;
/** What is neither: the compiler refuses this line when a tally gets a field of another form. */
const WINDOW_LISTS = { last: 1, worst: AGREEING_WINDOWS, best: AGREEING_WINDOWS } satisfies Record<RestField, number>;

const PART = 3;
const LIST_PLACES = Object.values(WINDOW_LISTS).reduce((sum, most) => sum + 1 + most * PART, 0);
/** Bytes of one packed tally. */
export const TALLY_BYTES = (NUMBERS + LIST_PLACES) * 8 + CELL_FIELDS * CELLS * 4;

/** The same bytes as doubles and as floats. */
export interface PackedBytes {
  readonly doubles: Float64Array;
  readonly floats: Float32Array;
}

/**
 * Writes a tally from the double at `place` on: numbers as doubles, cells as floats, exactly the same when read again.
 * Field by field, since looking each up by a name that changes costs several times as much, for a thousand tallies at
 * each look.
 */
export function writeTally({ doubles, floats }: PackedBytes, place: number, tally: Tally): void {
  let at = place;
  doubles[at++] = tally.windows;
  doubles[at++] = tally.difference;
  doubles[at++] = tally.control;
  doubles[at++] = tally.weight;
  doubles[at++] = tally.spreadCandidate;
  doubles[at++] = tally.spreadControl;
  doubles[at++] = tally.candidateUnits;
  doubles[at++] = tally.candidateSum;
  doubles[at++] = tally.controlUnits;
  doubles[at++] = tally.controlSum;
  doubles[at++] = tally.squaresCandidate;
  doubles[at++] = tally.freedomCandidate;
  doubles[at++] = tally.squaresControl;
  doubles[at++] = tally.freedomControl;
  doubles[at++] = tally.controlSquares;
  doubles[at++] = tally.stepDifference;
  doubles[at++] = tally.stepCross;
  doubles[at++] = tally.stepControl;
  doubles[at++] = tally.jumpCandidate;
  doubles[at++] = tally.jumpControl;
  at = writeList(doubles, at, tally.last === null ? [] : [tally.last], WINDOW_LISTS.last);
  at = writeList(doubles, at, tally.worst, WINDOW_LISTS.worst);
  at = writeList(doubles, at, tally.best, WINDOW_LISTS.best);
  writeCells(floats, 2 * at, tally.cellScore);
  writeCells(floats, 2 * at + CELLS, tally.cellWeight);
  writeCells(floats, 2 * at + 2 * CELLS, tally.cellControl);
}

/** Reads what {@link writeTally} wrote. Its cells are views of the bytes, which from then on belong to the tally. */
export function readTally(doubles: Float64Array, place: number): Tally {
  let at = place;
  const lastAt = place + NUMBERS;
  const worstAt = lastAt + 1 + WINDOW_LISTS.last * PART;
  const bestAt = worstAt + 1 + WINDOW_LISTS.worst * PART;
  const cellsAt = (bestAt + 1 + WINDOW_LISTS.best * PART) * 8;
  const cellsOf = (index: number): Float32Array => {
    return new Float32Array(doubles.buffer as ArrayBuffer, cellsAt + index * CELLS * 4, CELLS);
  };
  return {
    windows: doubles[at++] as number,
    difference: doubles[at++] as number,
    control: doubles[at++] as number,
    weight: doubles[at++] as number,
    spreadCandidate: doubles[at++] as number,
    spreadControl: doubles[at++] as number,
    candidateUnits: doubles[at++] as number,
    candidateSum: doubles[at++] as number,
    controlUnits: doubles[at++] as number,
    controlSum: doubles[at++] as number,
    squaresCandidate: doubles[at++] as number,
    freedomCandidate: doubles[at++] as number,
    squaresControl: doubles[at++] as number,
    freedomControl: doubles[at++] as number,
    controlSquares: doubles[at++] as number,
    stepDifference: doubles[at++] as number,
    stepCross: doubles[at++] as number,
    stepControl: doubles[at++] as number,
    jumpCandidate: doubles[at++] as number,
    jumpControl: doubles[at++] as number,
    last: readList(doubles, lastAt)[0] ?? null,
    worst: readList(doubles, worstAt),
    best: readList(doubles, bestAt),
    cellScore: cellsOf(0),
    cellWeight: cellsOf(1),
    cellControl: cellsOf(2),
  };
}

/** A plain loop: making a view to copy through costs more than so few numbers do. */
function writeCells(floats: Float32Array, at: number, cells: Float32Array): void {
  for (let cell = 0; cell < CELLS; cell++) floats[at + cell] = cells[cell] as number;
}

/** Places that are not taken are written too, as the bytes held something else before. */
function writeList(doubles: Float64Array, at: number, list: readonly WindowPart[], most: number): number {
  doubles[at] = list.length;
  let place = at + 1;
  for (let index = 0; index < most; index++) {
    const part = list[index];
    doubles[place++] = part === undefined ? 0 : part[0];
    doubles[place++] = part === undefined ? 0 : part[1];
    doubles[place++] = part === undefined ? 0 : part[2];
  }
  return place;
}

function readList(numbers: Float64Array, at: number): WindowPart[] {
  const list: WindowPart[] = [];
  for (let index = 0; index < (numbers[at] as number); index++) {
    const from = at + 1 + index * PART;
    list.push([numbers[from] as number, numbers[from + 1] as number, numbers[from + 2] as number]);
  }
  return list;
}
