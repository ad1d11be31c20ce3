import { AGREEING_WINDOWS, CELLS, emptyTally, type Tally, type WindowPart } from '../tally';

type NumberField = { [Field in keyof Tally]: Tally[Field] extends number ? Field : never }[keyof Tally];
type CellField = { [Field in keyof Tally]: Tally[Field] extends Float32Array ? Field : never }[keyof Tally];
type RestField = Exclude<keyof Tally, NumberField | CellField>;

/** Every plain number of a tally, in the order of their places; taken from the tally itself, so that none is ever forgotten. */
const NUMBERS = Object.entries(emptyTally()).flatMap(([field, value]) =>
  typeof value === 'number' ? [field] : [],
) as readonly NumberField[];
const CELL_FIELDS = Object.entries(emptyTally()).flatMap(([field, value]) =>
  value instanceof Float32Array ? [field] : [],
) as readonly CellField[];
/** What is neither: the compiler refuses this line when a tally gets a field of another form. */
const WINDOW_LISTS = { last: 1, worst: AGREEING_WINDOWS, best: AGREEING_WINDOWS } satisfies Record<RestField, number>;

const PART = 3;
const LIST_PLACES = Object.values(WINDOW_LISTS).reduce((sum, most) => sum + 1 + most * PART, 0);
/** Bytes of one packed tally. */
export const TALLY_BYTES = (NUMBERS.length + LIST_PLACES) * 8 + CELL_FIELDS.length * CELLS * 4;

/** Writes a tally at `offset`, a multiple of 8: numbers as doubles, cells as floats, exactly the same when read again. */
export function writeTally(bytes: ArrayBuffer, offset: number, tally: Tally): void {
  const numbers = new Float64Array(bytes, offset, NUMBERS.length + LIST_PLACES);
  let at = 0;
  for (const field of NUMBERS) numbers[at++] = tally[field];
  at = writeList(numbers, at, tally.last === null ? [] : [tally.last], WINDOW_LISTS.last);
  at = writeList(numbers, at, tally.worst, WINDOW_LISTS.worst);
  at = writeList(numbers, at, tally.best, WINDOW_LISTS.best);
  let cellsAt = offset + at * 8;
  for (const field of CELL_FIELDS) {
    new Float32Array(bytes, cellsAt, CELLS).set(tally[field]);
    cellsAt += CELLS * 4;
  }
}

/** Reads what {@link writeTally} wrote. Its cells are views of the bytes, which from then on belong to the tally. */
export function readTally(bytes: ArrayBuffer, offset: number): Tally {
  const numbers = new Float64Array(bytes, offset, NUMBERS.length + LIST_PLACES);
  const tally = { ...emptyShape };
  let at = 0;
  for (const field of NUMBERS) tally[field] = numbers[at++] as number;
  tally.last = readList(numbers, at)[0] ?? null;
  at += 1 + WINDOW_LISTS.last * PART;
  tally.worst = readList(numbers, at);
  at += 1 + WINDOW_LISTS.worst * PART;
  tally.best = readList(numbers, at);
  at += 1 + WINDOW_LISTS.best * PART;
  let cellsAt = offset + at * 8;
  for (const field of CELL_FIELDS) {
    tally[field] = new Float32Array(bytes, cellsAt, CELLS);
    cellsAt += CELLS * 4;
  }
  return tally;
}

const emptyShape = emptyTally();

function writeList(numbers: Float64Array, at: number, list: readonly WindowPart[], most: number): number {
  numbers[at] = list.length;
  let place = at + 1;
  // A plain loop: handing so few numbers to the typed array's own `set` costs many times as much.
  for (const part of list) for (const number of part) numbers[place++] = number;
  return at + 1 + most * PART;
}

function readList(numbers: Float64Array, at: number): WindowPart[] {
  const list: WindowPart[] = [];
  for (let index = 0; index < (numbers[at] as number); index++) {
    const from = at + 1 + index * PART;
    list.push([numbers[from] as number, numbers[from + 1] as number, numbers[from + 2] as number]);
  }
  return list;
}
