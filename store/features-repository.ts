import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import { insertOnce } from './swap-document';

/** What a feature is about. */
export interface FeatureEntity {
  /** Such as `rollout`, `flag`, `service` or `author`. */
  readonly kind: string;
  /** Its id within the environment; people only as digests. */
  readonly id: string;
}

/**
 * Features of one entity as they were at one moment. Null was looked for and not known; a name that is absent was not
 * looked for.
 */
export interface FeatureSet {
  readonly environment: string;
  readonly entity: FeatureEntity;
  /** Version of the catalogue whose definitions the values follow. */
  readonly catalogueVersion: number;
  /** When the values held. */
  readonly at: Date;
  /** When they became known here: what is computed later about an earlier time was not known then. */
  readonly recordedAt: Date;
  readonly values: Readonly<Record<string, number | null>>;
}

/** What was gathered of a rollout right before it was decided whether and how it starts. */
export interface Assessment extends FeatureSet {
  /** What was looked for and is not known, and why, in words. */
  readonly missing: readonly string[];
}

interface FeatureDocument extends FeatureSet {
  readonly _id: string;
  /** Of an assessment alone. */
  readonly missing?: readonly string[];
}

/** Everything that is known of one entity, by one read. */
export interface KnownFeatures {
  /** Null while there is none. */
  readonly assessment: Assessment | null;
  /** As {@link FeaturesRepository.asOf}. */
  readonly asOf: (moment: Date) => Readonly<Record<string, number | null>>;
}

/** Entities looked up by one read. */
const IDS_AT_ONCE = 500;

/** Feature values over time, read as they were known at a moment. */
export class FeaturesRepository {
  private readonly features: MongoCollection<FeatureDocument>;

  constructor(db: Db) {
    this.features = db.collection<FeatureDocument>(Collection.Features);
  }

  /** Adds a set; a repeated one changes nothing. Nothing is ever overwritten. */
  async add(set: FeatureSet): Promise<boolean> {
    const { environment, entity, at, recordedAt } = set;
    const _id = [environment, entity.kind, entity.id, at.toISOString(), recordedAt.toISOString()].join('/');
    return insertOnce(this.features, { ...set, _id });
  }

  /**
   * Closes the assessment of an entity: there is one, and its `recordedAt` is the moment that predictions and training
   * rows read. A repeated or later one changes nothing.
   *
   * @returns the one that stands
   */
  async assess(assessment: Assessment): Promise<Assessment> {
    const { environment, entity } = assessment;
    const _id = assessmentId(environment, entity);
    const $setOnInsert = assessment;
    const options = { upsert: true, returnDocument: 'after' } as const;
    for (;;) {
      try {
        const standing = await this.features.findOneAndUpdate({ _id }, { $setOnInsert }, options);
        if (standing !== null) return { ...standing, missing: standing.missing ?? [] };
      } catch (error) {
        // Another copy has inserted it between our look and our insert: now it is there.
        if (!isDuplicateKey(error)) throw error;
      }
    }
  }

  /** What is known of an entity, its assessment included. */
  async known(environment: string, entity: FeatureEntity): Promise<KnownFeatures> {
    const sets = await this.features
      .find({ environment, 'entity.kind': entity.kind, 'entity.id': entity.id })
      .sort({ at: 1, recordedAt: 1 })
      .toArray();
    const standing = sets.find(({ _id }) => _id === assessmentId(environment, entity));
    return {
      assessment: standing === undefined ? null : { ...standing, missing: standing.missing ?? [] },
      asOf: (moment) => latestOf(sets, moment),
    };
  }

  /**
   * The values of an entity as they were known when it was assessed: what a prediction is made of, and what a training
   * row of it holds. An entity that was never assessed is read as of `otherwise`.
   */
  async asAssessed(
    environment: string,
    entity: FeatureEntity,
    otherwise: Date,
  ): Promise<Readonly<Record<string, number | null>>> {
    const { assessment, asOf } = await this.known(environment, entity);
    return asOf(assessment?.recordedAt ?? otherwise);
  }

  /**
   * The values of an entity as they were known at `asOf`, each from the latest set that held and was recorded by then.
   * A training row made with it never sees the future.
   */
  async asOf(environment: string, entity: FeatureEntity, asOf: Date): Promise<Readonly<Record<string, number | null>>> {
    return (await this.known(environment, entity)).asOf(asOf);
  }

  /**
   * The values of many entities, each as {@link asOf} its own moment, in the same order; empty where nothing was known.
   * Cost: one read for each environment and five hundred entities.
   */
  async asOfEach(
    kind: string,
    asked: readonly { readonly environment: string; readonly id: string; readonly asOf: Date }[],
  ): Promise<readonly Readonly<Record<string, number | null>>[]> {
    const sets = new Map<string, FeatureSet[]>();
    for (const [environment, group] of groupBy(asked, (one) => one.environment)) {
      for (let from = 0; from < group.length; from += IDS_AT_ONCE) {
        const ids = group.slice(from, from + IDS_AT_ONCE).map(({ id }) => id);
        const wanted = { environment, 'entity.kind': kind, 'entity.id': { $in: ids } };
        for (const set of await this.features.find(wanted).sort({ at: 1, recordedAt: 1 }).toArray()) {
          const key = `${environment}/${set.entity.id}`;
          sets.set(key, [...(sets.get(key) ?? []), set]);
        }
      }
    }
    return asked.map(({ environment, id, asOf }) => latestOf(sets.get(`${environment}/${id}`) ?? [], asOf));
  }
}

/** Of sets in time order, each value from the latest that held and was recorded by a moment. */
function latestOf(sets: readonly FeatureSet[], moment: Date): Readonly<Record<string, number | null>> {
  const known = sets.filter(({ at, recordedAt }) => at <= moment && recordedAt <= moment);
  return Object.assign({}, ...known.map(({ values }) => values)) as Record<string, number | null>;
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** No instants: there is one for each entity. Other sets have two more parts. */
function assessmentId(environment: string, { kind, id }: FeatureEntity): string {
  return [environment, kind, id, 'assessment'].join('/');
}
