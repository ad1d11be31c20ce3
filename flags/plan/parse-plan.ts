import { ErrorCode, ValidationError } from '../../core/errors';
import { jsonFault } from './json-fault';
import type { RolloutPlan } from './plan';
import { invalidPlan } from './problem';
import { tryResolvePlan, type ResolveOptions } from './resolve-plan';
import { readSource } from './source-lines';

/** How the text of a plan is to be read. */
export interface ParseOptions extends ResolveOptions {
  /** When omitted, `yaml`, which reads JSON as well; `json` takes nothing but JSON. */
  readonly format?: 'yaml' | 'json' | undefined;
}

/**
 * Reads a plan as written in a file.
 *
 * @returns the file's own value, to be sent to a server, the plan it resolves to, and where its fields stand
 * @throws {ValidationError} INVALID_PLAN with line and field of every problem
 */
export function parsePlan(
  text: string,
  { format = 'yaml', ...options }: ParseOptions = {},
): { readonly file: unknown; readonly plan: RolloutPlan; readonly lineOf: ReturnType<typeof readSource>['lineOf'] } {
  const { file, lineOf } = readWritten(text, format);
  const { plan, problems } = tryResolvePlan(file, options);
  if (plan === null) throw invalidPlan(problems, lineOf);
  return { file, plan, lineOf };
}

/**
 * The value of a text, and where its fields stand.
 *
 * @throws {ValidationError} INVALID_PLAN with the line of each fault
 */
export function readWritten(
  text: string,
  format: 'yaml' | 'json',
): { readonly file: unknown; readonly lineOf: ReturnType<typeof readSource>['lineOf'] } {
  const source = readSource(text);
  const file = format === 'json' && source.isTried ? readJson(text, source.faults) : readYaml(source);
  return { file, lineOf: source.lineOf };
}

type Faults = ReturnType<typeof readSource>['faults'];

function readYaml({ value, faults }: { readonly value: unknown; readonly faults: Faults }): unknown {
  if (faults.length > 0) throw unreadable(faults);
  return value;
}

/** JSON by its own parser; the YAML reading adds what that one does not see: keys written twice. */
function readJson(text: string, faults: Faults): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable([jsonFault(text)]);
  }
  const twice = faults.filter(({ message }) => message.includes('must be unique'));
  if (twice.length > 0) throw unreadable(twice);
  return value;
}

function unreadable(faults: Faults): ValidationError {
  return new ValidationError(
    ErrorCode.InvalidPlan,
    'the plan',
    faults.map(({ line, message }) => ({ field: '', line, message })),
  );
}
