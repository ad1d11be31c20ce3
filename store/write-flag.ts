import { canonicalJson } from '../core/canonical-json';
import { ErrorCode, HeadgateError } from '../core/errors';
import type { Actor, DecisionAction } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import { flagAt } from '../flags/history/flag-at';
import type { FlagBody } from '../flags/transition/plan-transition';
import type { DecisionsRepository } from './decisions-repository';
import type { FlagsRepository } from './flags-repository';
import type { SegmentsRepository } from './segments-repository';
import { bodyOf, definitionOf, withoutStoreFields, type FlagInput } from '../flags/edit/flag-input';
import { checkDelete, checkEdit } from '../flags/edit/flag-rules';

/** What writing flags needs: the database alone, so that it works with Temporal and all workers down. */
export interface FlagWriteDependencies {
  readonly flags: FlagsRepository;
  readonly segments: SegmentsRepository;
  /** Instants by the database's clock. */
  readonly nowMs: () => number;
}

/** One write as a request asks for it. */
export interface FlagWrite {
  readonly environment: string;
  readonly key: string;
  readonly actor: Actor;
  readonly reason: string;
  /** The scheduled change that this write makes: it lands once, however often it is asked for. */
  readonly scheduled?: {
    readonly id: string;
    /** Whether a flag as it was read, or a record of it, carries this change already. */
    readonly isMade: (standing: Flag) => Promise<boolean>;
  };
}

/** A flag after a write, and whether anything was written. */
export interface WrittenFlag {
  readonly flag: Flag;
  readonly written: boolean;
}

interface Change {
  readonly action: DecisionAction;
  readonly after: FlagBody;
}

/** Each lost swap means that another writer won, so this many in a row are no ordinary load. */
const MAX_ATTEMPTS = 50;

/**
 * Creates or edits a flag; a live rollout block stays as it is. An edit that changes nothing writes nothing.
 *
 * @throws {HeadgateError} INVALID_FLAG, ROLLOUT_LIVE; REVISION_CONFLICT when `input.revision` is not what stands
 */
export function putFlag(deps: FlagWriteDependencies, write: FlagWrite, input: FlagInput): Promise<WrittenFlag> {
  return swapUntilWritten(deps, write, async (standing) => {
    const { alive, after } = await checkedEdit(deps, write, input, standing);
    if (alive === null) return { action: 'flag.create', after };
    return canonicalJson(after) === canonicalJson(withoutStoreFields(alive)) ? null : { action: 'flag.edit', after };
  });
}

/**
 * Checks an edit against what stands, and writes nothing.
 *
 * @returns the revision it was checked against, 0 where there is no flag
 * @throws {HeadgateError} as {@link putFlag}
 */
export async function checkFlagInput(
  deps: FlagWriteDependencies,
  target: Pick<FlagWrite, 'environment' | 'key'>,
  input: FlagInput,
): Promise<number> {
  const standing = await deps.flags.get(documentId(target.environment, target.key));
  const { alive } = await checkedEdit(deps, target, input, standing);
  return alive?.revision ?? 0;
}

async function checkedEdit(
  deps: FlagWriteDependencies,
  { environment, key }: Pick<FlagWrite, 'environment' | 'key'>,
  input: FlagInput,
  standing: Flag | null,
): Promise<{ readonly alive: Flag | null; readonly after: FlagBody }> {
  checkRevision(input.revision, standing);
  const alive = standing?.deleted === true ? null : standing;
  const definition = definitionOf(key, input, alive);
  const [others, segments] = await Promise.all([
    relatedFlags(deps.flags, environment, definition),
    deps.segments.list(environment),
  ]);
  checkEdit(definition, alive, others, segments);
  return { alive, after: bodyOf(environment, definition, alive) };
}

/**
 * Break-glass: switches a flag off or on by one swap, repeated until it lands, over any rollout and any edit.
 *
 * @throws {HeadgateError} FLAG_NOT_FOUND
 */
export function switchFlag(deps: FlagWriteDependencies, write: FlagWrite, enabled: boolean): Promise<WrittenFlag> {
  return swapUntilWritten(deps, write, async (standing) => {
    const flag = existing(standing, write);
    if (flag.enabled === enabled) return null;
    return { action: enabled ? 'flag.on' : 'flag.off', after: { ...withoutStoreFields(flag), enabled } };
  });
}

/**
 * Archives a flag by a tombstone: evaluators do not see it any more, and its revisions and audit chain go on, so that
 * it can be restored.
 *
 * @throws {HeadgateError} FLAG_NOT_FOUND, ROLLOUT_LIVE, IN_USE; REVISION_CONFLICT when `revision` is not what stands
 */
export function archiveFlag(deps: FlagWriteDependencies, write: FlagWrite, revision?: number): Promise<WrittenFlag> {
  return swapUntilWritten(deps, write, async (standing) => {
    const flag = existing(standing, write);
    checkRevision(revision, standing);
    checkDelete(flag, await deps.flags.withPrerequisites(write.environment));
    return { action: 'flag.archive', after: { ...withoutStoreFields(flag), deleted: true } };
  });
}

/** What restoring needs beside writing. */
export interface FlagRestoreDependencies extends FlagWriteDependencies {
  readonly decisions: Pick<DecisionsRepository, 'since'>;
}

/**
 * Brings back what people had written of a flag at a revision, as a new revision: an archived flag comes back as it was
 * before, if none is named. A live rollout stays as it is; whether the flag is on stays as it is too, unless it was
 * archived.
 *
 * @throws {HeadgateError} FLAG_NOT_FOUND; INVALID_ARGUMENT when there is no such revision or it was archived then;
 *   INVALID_FLAG, ROLLOUT_LIVE as an edit
 */
export function restoreFlag(deps: FlagRestoreDependencies, write: FlagWrite, revision?: number): Promise<WrittenFlag> {
  return swapUntilWritten(deps, write, async (standing) => {
    if (standing === null) throw missing(write);
    const wanted = revision ?? (standing.deleted === true ? standing.revision - 1 : undefined);
    if (wanted === undefined) {
      throw new HeadgateError(
        ErrorCode.InvalidArgument,
        `flag '${write.key}' is not archived: name the revision to go back to`,
      );
    }
    const records = (await deps.decisions.since(standing._id, wanted)).toReversed();
    const past = flagAt(standing, records, wanted);
    if (past.archived) {
      throw new HeadgateError(ErrorCode.InvalidArgument, `flag '${write.key}' was archived at revision ${wanted}`, {
        remedy: 'Name an earlier revision.',
      });
    }
    const alive = standing.deleted === true ? null : standing;
    const definition = {
      ...past.definition,
      salt: past.definition.salt ?? write.key,
      enabled: alive?.enabled ?? past.definition.enabled,
    };
    const [others, segments] = await Promise.all([
      relatedFlags(deps.flags, write.environment, definition),
      deps.segments.list(write.environment),
    ]);
    checkEdit(definition, alive, others, segments);
    const after = bodyOf(write.environment, definition, alive);
    const isSame = alive !== null && canonicalJson(after) === canonicalJson(withoutStoreFields(alive));
    return isSame ? null : { action: 'flag.restore', after };
  });
}

/** The flags that an edit can depend on or break: not all there are, or writing one would cost as much as reading thousands. */
async function relatedFlags(
  flags: FlagsRepository,
  environment: string,
  { prerequisites }: Pick<Flag, 'prerequisites'>,
): Promise<Flag[]> {
  const named = prerequisites.map(({ flag }) => documentId(environment, flag));
  const [edges, wanted] = await Promise.all([
    flags.withPrerequisites(environment),
    named.length === 0 ? [] : flags.many(named),
  ]);
  return [...new Map([...wanted, ...edges].map((flag) => [flag.key, flag])).values()];
}

/** Reads, decides and swaps again until the swap lands; the decision is made afresh each time. */
async function swapUntilWritten(
  { flags, nowMs }: FlagWriteDependencies,
  { environment, key, actor, reason, scheduled }: FlagWrite,
  decide: (standing: Flag | null) => Promise<Change | null>,
): Promise<WrittenFlag> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const before = await flags.get(documentId(environment, key));
    // Before deciding: what has landed once may be undone by a person since, and must not land again.
    if (before !== null && (await scheduled?.isMade(before)) === true) return { flag: before, written: true };
    const change = await decide(before);
    if (change === null && before !== null) return { flag: before, written: false };
    if (change === null) throw new Error('a decision about no flag must be a change');
    const flag = await flags.swap({
      before,
      after: change.after,
      draft: {
        at: new Date(nowMs()).toISOString(),
        actor,
        action: change.action,
        reason,
        ...(scheduled === undefined ? {} : { scheduledChange: scheduled.id }),
      },
    });
    if (flag !== null) return { flag, written: true };
  }
  throw new HeadgateError(ErrorCode.RevisionConflict, `flag '${key}' is being edited too often to be written`, {
    retryable: true,
  });
}

/** A live flag, or the refusal that there is none. */
export function existing(flag: Flag | null, { environment, key }: Pick<FlagWrite, 'environment' | 'key'>): Flag {
  if (flag === null) throw missing({ environment, key });
  if (flag.deleted !== true) return flag;
  throw new HeadgateError(ErrorCode.FlagNotFound, `flag '${key}' in '${environment}' is archived`, {
    remedy: `Bring it back with: headgate flag restore ${key} --env ${environment} --reason …`,
  });
}

/** A flag, archived or not, or the refusal that there never was one. */
export function known(flag: Flag | null, { env: environment, key }: { env: string; key: string }): Flag {
  if (flag !== null) return flag;
  throw missing({ environment, key });
}

function missing({ environment, key }: Pick<FlagWrite, 'environment' | 'key'>): HeadgateError {
  return new HeadgateError(ErrorCode.FlagNotFound, `there is no flag '${key}' in '${environment}'`, {
    remedy: 'List flags with: headgate flag list; create one with: headgate flag apply -f FILE',
  });
}

function checkRevision(wanted: number | undefined, standing: Flag | null): void {
  if (wanted === undefined) return;
  const stands = standing === null || (standing.deleted === true && wanted === 0) ? 0 : standing.revision;
  if (wanted === stands) return;
  throw new HeadgateError(
    ErrorCode.RevisionConflict,
    stands === 0 ? 'there is no such flag yet' : `the flag stands at revision ${stands}, not ${wanted}`,
    { remedy: 'Read it again, repeat the edit on what stands there now.', details: { revision: stands } },
  );
}
