import type { LogicCompiler } from './logic';
import { LogicError, type Json, type Run } from './logic-scope';

/**
 * Compiles `var`: a member of the context by its path, which also reaches into lists and texts; a second operand stands
 * for what is missing. Without a name it is the context as a whole.
 *
 * @throws {LogicError} for a name that is computed, or reaches out of an operator over lists
 */
export function compileVariable(operands: readonly Json[], { compile, manner }: LogicCompiler): Run {
  const [name = null, otherwise] = operands;
  if (name === null || name === '') return ({ context }) => context;
  if ((typeof name !== 'string' && typeof name !== 'number') || operands.length > 2) {
    throw new LogicError(`'var' takes one name`);
  }
  if (String(name).startsWith('../')) throw new LogicError(`'var' takes no '../'`);
  const path = splitPath(String(name));
  const fallback = compile(otherwise ?? null);
  if (manner === 'compiled') {
    return (scope) => {
      const found = valueAt(scope.context, path) ?? fallback(scope);
      return (scope.last = typeof found === 'function' ? null : found);
    };
  }
  const isShort = otherwise === undefined && (path.length === 2 || path.length === 3) && !String(name).includes('\\');
  if (isShort) return ({ context }) => found(firstFalsy(context, path), null);
  return (scope) => found(valueAt(scope.context, path), fallback(scope));
}

function found(value: Json, otherwise: Json): Json {
  return value === undefined ? otherwise : typeof value === 'function' ? null : value;
}

/** Dots part a path, unless a backslash stands before them. */
export function splitPath(name: string): readonly string[] {
  const parts = [''];
  for (let at = 0; at < name.length; at += 1) {
    const next = name.charAt(at + 1);
    if (name.charAt(at) === '\\' && (next === '.' || next === '/' || next === '\\')) at += 1;
    else if (name.charAt(at) === '.') {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += name.charAt(at);
  }
  return parts;
}

/** A member by its path, as JavaScript reads it: of texts and lists too. Undefined where there is none. */
export function valueAt(value: Json, path: readonly string[]): Json {
  let at = value;
  for (const part of path) {
    if (at === null || at === undefined) return undefined;
    at = (at as Readonly<Record<string, Json>>)[part];
  }
  return at;
}

/** The interpreter stops at the first part of a path that is 0, false or empty, and takes that. */
function firstFalsy(value: Json, path: readonly string[]): Json {
  let at = value;
  for (const part of path) {
    if (!at) return at;
    at = (at as Readonly<Record<string, Json>>)[part];
  }
  return at;
}
