/** A version as Semantic Versioning orders it; build metadata is left out, since it has no part in the order. */
export interface Semver {
  readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint];
  /** Empty for a release. Numeric identifiers are numbers. */
  readonly prerelease: readonly (bigint | string)[];
}

/** The specification's own expression, with a leading `v` as people write it. */
const SEMVER =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*))?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/;
const LONGEST = 256;
const NUMERIC = /^\d+$/;

/**
 * Reads a version such as `1.4.0-beta.2`. All three numbers are needed: `1.4` is none.
 *
 * @returns undefined for anything else
 * @see Semantic Versioning 2.0.0, https://semver.org
 */
export function parseSemver(value: unknown): Semver | undefined {
  if (typeof value !== 'string' || value.length > LONGEST) return undefined;
  const match = SEMVER.exec(value.trim());
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', prerelease] = match;
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: (prerelease?.split('.') ?? []).map((part) => (NUMERIC.test(part) ? BigInt(part) : part)),
  };
}

/** Precedence by rule 11 of the specification: negative when `a` comes before `b`, 0 when neither does. */
export function compareSemver(a: Semver, b: Semver): number {
  for (let i = 0; i < 3; i += 1) {
    const order = compare(a.numbers[i] as bigint, b.numbers[i] as bigint);
    if (order !== 0) return order;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i += 1) {
    const [left, right] = [a.prerelease[i] as bigint | string, b.prerelease[i] as bigint | string];
    // Numeric identifiers come before others.
    const order = typeof left === typeof right ? compare(left, right) : typeof left === 'bigint' ? -1 : 1;
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
