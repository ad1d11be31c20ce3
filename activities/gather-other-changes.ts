import type { OtherChange } from '../analysis/attribution/attribution';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import type { Segment } from '../flags/document/segment';
import { referencedSegments } from '../flags/transition/basis';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { SegmentsRepository } from '../store/segments-repository';

/** What telling other flags' changes needs of the world. */
export interface OtherChangesDependencies {
  readonly flags: Pick<FlagsRepository, 'revisions' | 'many'>;
  readonly segments: Pick<SegmentsRepository, 'list'>;
  readonly decisions: Pick<DecisionsRepository, 'byFlag'>;
}

/** Changed flags that are looked at, those changed last first, and records of each. */
const MAX_FLAGS = 50;
const MAX_RECORDS = 20;
/** Writer's clocks may differ by this much. */
const CLOCK_SLACK_MS = 5_000;

/** What other flags of the environment did in a time: each record of theirs, and what they share with this flag. */
export async function gatherOtherChanges(
  { flags, segments, decisions }: OtherChangesDependencies,
  { environment, flagKey, fromMs, untilMs }: { environment: string; flagKey: string; fromMs: number; untilMs: number },
): Promise<OtherChange[]> {
  const ownId = documentId(environment, flagKey);
  const changed = (await flags.revisions(environment, fromMs)).filter(({ _id }) => _id !== ownId);
  if (changed.length === 0) return [];
  const documents = await flags.many([ownId, ...changed.map(({ _id }) => _id)]);
  const own = documents.find(({ _id }) => _id === ownId);
  const byKey = new Map((await segments.list(environment)).map((segment) => [segment.key, segment]));
  const latest = documents
    .filter(({ _id }) => _id !== ownId)
    .sort((a, b) => (a.lastChange.at < b.lastChange.at ? 1 : -1))
    .slice(0, MAX_FLAGS);
  const changes: OtherChange[] = [];
  for (const flag of latest) {
    const shared = { relation: relationOf(own, flag), sharedSegments: sharedSegments(own, flag, byKey) };
    for (const record of await decisions.byFlag(flag._id, { limit: MAX_RECORDS })) {
      const atMs = Date.parse(record.at);
      if (atMs < fromMs - CLOCK_SLACK_MS || atMs > untilMs + CLOCK_SLACK_MS) continue;
      changes.push({
        flag: flag.key,
        atMs,
        action: record.action,
        ...(record.weightBefore === undefined ? {} : { weightBefore: record.weightBefore }),
        ...(record.weightAfter === undefined ? {} : { weightAfter: record.weightAfter }),
        ...shared,
      });
    }
  }
  return changes;
}

function relationOf(own: Flag | undefined, other: Flag): OtherChange['relation'] {
  if (own === undefined) return null;
  if (other.prerequisites.some(({ flag }) => flag === own.key)) return 'depends_on_us';
  return own.prerequisites.some(({ flag }) => flag === other.key) ? 'we_depend_on_it' : null;
}

function sharedSegments(own: Flag | undefined, other: Flag, segments: ReadonlyMap<string, Segment>): string[] {
  if (own === undefined) return [];
  const ours = new Set(referencedSegments(own, segments));
  return referencedSegments(other, segments).filter((key) => ours.has(key));
}
