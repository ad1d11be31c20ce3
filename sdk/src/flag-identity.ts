import type { CompiledFlag, Details } from '../../flags/evaluator/resolution';

/** Details with the flag's identity, by those without: each is made once, however often it is handed out. */
const described = new WeakMap<Details, Details>();

/**
 * Adds what tells apart which flag was evaluated, under the names by which OpenFeature's telemetry finds it:
 * `flagSetId` is the environment, `version` the flag's revision. What the flag's own metadata says under these names
 * stays.
 */
export function withIdentity(details: Details, { source }: CompiledFlag): Details {
  const known = described.get(details);
  if (known !== undefined) return known;
  const identity = { flagSetId: source.environment, version: String(source.revision) };
  const flagMetadata = Object.freeze({ ...identity, ...details.flagMetadata });
  const made = Object.freeze({ ...details, flagMetadata });
  described.set(details, made);
  return made;
}
