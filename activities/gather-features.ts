import { assembleFeatures, buildFeatures, type FeatureValues } from '../changes/features/assemble';
import { CATALOGUE_VERSION, FeatureSource } from '../changes/features/catalogue';
import type { Reason } from '../flags/document/decision-record';
import { documentId } from '../flags/document/identifiers';
import { variantAt } from '../flags/transition/basis';
import type { DatabaseClock } from '../store/database-clock';
import type { FeaturesRepository } from '../store/features-repository';
import type { FlagsRepository } from '../store/flags-repository';
import { gatheredWithin, NOTHING_GATHERED, together, type Gathered } from './gathered';
import { gatherPastRollouts, type PastDependencies } from './gather-past-rollouts';
import { BEHAVIOUR_FEATURES, readBehaviourFeatures, type BehaviourDependencies } from './read-behaviour-features';
import type { SystemFeatures } from './read-system-features';
import type { RolloutActivities } from './rollout-activities';

/** What features are gathered from and kept in. */
export interface GatherDependencies extends PastDependencies, BehaviourDependencies {
  readonly features: Pick<FeaturesRepository, 'asOf' | 'assess' | 'known'>;
  readonly flags: Pick<FlagsRepository, 'get' | 'keysOfServices'>;
  readonly systemFeatures: SystemFeatures;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/** Each source has this long; all are asked at once. */
const SOURCE_PATIENCE_MS = 2_500;
/** Largest text of a reason. */
const MOST_CHARACTERS = 500;

type GatherRequest = Parameters<RolloutActivities['gatherFeatures']>[0];

/** The activity that gathers what is known of a change beside what was sent with its start. */
export function createGatherActivity(dependencies: GatherDependencies): Pick<RolloutActivities, 'gatherFeatures'> {
  const { features, clock } = dependencies;
  return {
    /**
     * Safe to repeat and to overlap: a rollout is assessed once, by the copy that comes first, and all of them answer
     * with what that one has found.
     */
    async gatherFeatures(request) {
      const { environment, rolloutId } = request;
      const entity = { kind: 'rollout', id: rolloutId };
      const atMs = clock.nowMs();
      const { assessment, asOf } = await features.known(environment, entity);
      if (assessment !== null) return reasonsOf(asOf(assessment.recordedAt), assessment.missing);
      const standing = await features.assess({
        environment,
        entity,
        catalogueVersion: CATALOGUE_VERSION,
        ...(await gather(dependencies, request, atMs, asOf(new Date(atMs)))),
      });
      const values = await features.asOf(environment, entity, standing.recordedAt);
      return reasonsOf(values, standing.missing);
    },
  };
}

/** @param sent - what was known at `atMs` */
async function gather(
  dependencies: GatherDependencies,
  { environment, flagKey, plan }: GatherRequest,
  atMs: number,
  sent: FeatureValues,
): Promise<Gathered & { readonly at: Date; readonly recordedAt: Date }> {
  const { flags, clock, systemFeatures } = dependencies;
  const flag = await flags.get(documentId(environment, flagKey));
  const subject = { environment, flagKey, services: flag?.services ?? [], plan, atMs };
  const control = flag === null ? null : variantAt(flag, plan.place);
  const gathered = await Promise.all([
    gatheredWithin(SOURCE_PATIENCE_MS, FeatureSource.Deployments, [], () => gatherPastRollouts(dependencies, subject)),
    gatheredWithin(SOURCE_PATIENCE_MS, FeatureSource.System, systemFeatures.names, () => systemFeatures.read(subject)),
    gatheredWithin(SOURCE_PATIENCE_MS, FeatureSource.Behaviour, BEHAVIOUR_FEATURES, () =>
      readBehaviourFeatures(dependencies, { ...subject, control }),
    ),
  ]);
  const build = { ...NOTHING_GATHERED, values: buildFeatures(plan.change?.build ?? {}) };
  const { values, missing } = together([build, ...gathered]);
  // What was sent with the start is said about this very change, and stands.
  const added = Object.entries(assembleFeatures(values)).filter(([name]) => sent[name] == null);
  return {
    at: new Date(atMs),
    recordedAt: new Date(Math.max(atMs, clock.nowMs())),
    values: Object.fromEntries(added),
    missing: [...missing, ...notSent({ ...sent, ...values })],
  };
}

/** The sources that only a start can tell of. */
function notSent(values: FeatureValues): string[] {
  const has = (source: FeatureSource): boolean => Object.keys(values).some((name) => name.startsWith(`${source}.`));
  return [
    ...(has(FeatureSource.Change) ? [] : ['change: nothing was sent']),
    ...(has(FeatureSource.Build) ? [] : ['build: nothing was sent']),
    ...(has(FeatureSource.System) ? [] : ['system: no metric is configured']),
  ];
}

/** Which features were known, each with its value, and which were not, for the record of the start. */
function reasonsOf(values: FeatureValues, missing: readonly string[]): Reason[] {
  const known = Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null);
  const bySource = Object.values(FeatureSource).flatMap((source) => {
    const names = known.filter(([name]) => name.startsWith(`${source}.`)).map(([name]) => name);
    return names.length === 0 ? [] : [`${source} (${names.length})`];
  });
  const unknown = Object.entries(values).flatMap(([name, value]) => (value === null ? [name] : []));
  // Those that a source has given no word about: measures that git could not tell.
  const unsaid = unknown.filter((name) => !missing.some((text) => text.startsWith(name) || isOf(text, name)));
  const untold = [...(unsaid.length === 0 ? [] : [`${unsaid.join(', ')}: not known`]), ...missing];
  const reasons: Reason[] = [
    {
      code: 'FEATURES_KNOWN',
      text: `known before the start: ${bySource.length === 0 ? 'nothing' : bySource.join(', ')}`,
      numbers: Object.fromEntries(known),
    },
  ];
  if (untold.length === 0) return reasons;
  return [...reasons, { code: 'FEATURES_MISSING', text: `missing: ${untold.join('; ')}`.slice(0, MOST_CHARACTERS) }];
}

/** Whether a word about a whole source, such as `behaviour: …`, covers a feature. */
function isOf(text: string, name: string): boolean {
  return text.startsWith(`${name.slice(0, name.indexOf('.'))}:`);
}
