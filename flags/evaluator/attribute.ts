import type { EvaluationContext } from '@openfeature/core';

/** Reads one attribute of a context; undefined when it is missing. */
export type AttributeReader = (context: EvaluationContext) => unknown;

/** A plain read would find these on every object, so they need the object's own word. */
const inherited = (name: string): boolean => name in Object.prototype;

function child(parent: unknown, name: string): unknown {
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) return undefined;
  return Object.hasOwn(parent, name) ? (parent as Record<string, unknown>)[name] : undefined;
}

/**
 * Whether an attribute is a member of the context itself that a plain read finds: no path into nested objects, and no
 * name that every object has.
 */
export function isPlainAttribute(path: string): boolean {
  return !path.includes('.') && !inherited(path);
}

/**
 * Compiles an attribute name; dots reach into nested objects, not into arrays. Inherited members do not count as
 * attributes.
 */
export function compileAttribute(path: string): AttributeReader {
  const [first = '', ...rest] = path.split('.');
  const top: AttributeReader = inherited(first) ? (context) => child(context, first) : (context) => context[first];
  if (rest.length === 0) return top;
  return (context) => {
    let value = top(context);
    for (const name of rest) value = child(value, name);
    return value;
  };
}

/** The targeting key, or undefined when there is none; an empty one is none, or all anonymous users would share a bucket. */
export function targetingKeyOf(context: EvaluationContext): string | undefined {
  const key: unknown = context.targetingKey;
  return typeof key === 'string' && key !== '' ? key : undefined;
}
