/** A value of JSON, or what an expression comes to. */
export type Json = unknown;

/** What one evaluation of an expression works with. */
export interface Scope {
  /** What `var` reads: the evaluation context, or the element or accumulator within an operator over lists. */
  readonly context: Json;
  /**
   * What was read or compared last. flagd's engine checks the operands of a comparison against it, so that `5 < x` is
   * checked otherwise than `x > 5`.
   */
  last: Json;
  /** How many more elements of lists may be visited. */
  readonly budget: { steps: number };
}

/** A compiled expression. */
export type Run = (scope: Scope) => Json;

/** An expression that fails for a context, as it does in flagd: the caller's own default is due. */
export class LogicFault extends Error {}

/** An expression that is none, or has no meaning here. */
export class LogicError extends Error {}

/** Elements of lists that one evaluation may visit, so that lists within lists cannot make it hang. */
const MOST_STEPS = 10_000;
const LONGEST_TEXT = 100_000;

/** A scope for a whole evaluation. */
export function scopeOf(context: Json): Scope {
  return { context, last: undefined, budget: { steps: MOST_STEPS } };
}

/** The scope of an element of a list, which remembers nothing of the scope around it. */
export function innerScope({ budget }: Scope, context: Json): Scope {
  takeSteps(budget, 1);
  return { context, last: undefined, budget };
}

/** @throws {LogicFault} when an evaluation has visited as many elements as it may */
export function takeSteps(budget: Scope['budget'], steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw new LogicFault(`targeting visits more than ${MOST_STEPS} elements of lists`);
}

/** @throws {LogicFault} for a text that grows beyond what a variant or an attribute could be compared with */
export function boundedText(text: string): string {
  if (text.length > LONGEST_TEXT)
    throw new LogicFault(`targeting makes a text of more than ${LONGEST_TEXT} characters`);
  return text;
}

/** The fault of an operand that is of a type its operator does not take. */
export function unfit(operator: string): LogicFault {
  return new LogicFault(`'${operator}' was given what it does not take`);
}

/** What counts as true: as in JavaScript, but empty lists and objects do not. */
export function isTruthy(value: Json): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.keys(value).length > 0;
  }
  return Boolean(value);
}

/** @throws {LogicFault} for an object or what is no number at all */
export function numeric(value: Json, operator: string): Json {
  if (Number.isNaN(value) || (typeof value === 'object' && value !== null)) throw unfit(operator);
  return value;
}

/** Any value as JavaScript writes it: lists by their elements, objects by their kind. */
export function textOf(value: Json): string {
  return String(value);
}

/** A list as it is; anything else as the only element of one. */
export function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value];
}
