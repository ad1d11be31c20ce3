import type { FlagMetadata } from '@openfeature/core';
import type { Details, Reason, Resolution, SdkFlag, Served } from './resolution';

/** Copies and freezes a variant's value, so that a caller who changes what it was given cannot change it for others. */
export function frozenCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Array.isArray(value)
    ? value.map((item: unknown) => frozenCopy(item))
    : Object.fromEntries(Object.entries(value).map(([key, member]: [string, unknown]) => [key, frozenCopy(member)]));
  return Object.freeze(copy) as T;
}

/** An evaluation that could not be done; the caller's default value takes the place of `value`. */
export function failure(
  errorCode: NonNullable<Details['errorCode']>,
  errorMessage: string,
  metadata?: FlagMetadata,
): Resolution {
  const flagMetadata = metadata && { flagMetadata: Object.freeze({ ...metadata }) };
  return Object.freeze({
    details: Object.freeze({ value: undefined, reason: 'ERROR', errorCode, errorMessage, ...flagMetadata }),
  });
}

/** Makes the results a flag can have, once each at compilation. Without a variant it is the caller's own default. */
export type ResolutionMaker = (
  variant: string | undefined,
  reason: Reason,
  extra?: { readonly metadata?: FlagMetadata; readonly served?: Served },
) => Resolution;

/** @returns a maker for one flag; a variant that the flag does not have gives PARSE_ERROR */
export function resolutionMaker(flag: SdkFlag): ResolutionMaker {
  const values = new Map(Object.entries(flag.variants).map(([name, value]) => [name, frozenCopy(value)]));
  return (variant, reason, { metadata, served } = {}) => {
    if (variant !== undefined && !values.has(variant)) {
      return failure('PARSE_ERROR', `flag '${flag.key}' has no variant '${variant}'`);
    }
    const handedOut = flag.metadata === undefined ? metadata : { ...flag.metadata, ...metadata };
    const details: Details = Object.freeze({
      value: variant === undefined ? undefined : values.get(variant),
      ...(variant !== undefined && { variant }),
      reason,
      ...(handedOut && { flagMetadata: Object.freeze(handedOut) }),
    });
    return Object.freeze({ details, ...(served && { served: Object.freeze(served) }) });
  };
}
