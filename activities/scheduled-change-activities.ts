import { ApplicationFailure } from '@temporalio/common';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import { isOutage } from '../store/database';
import type { ExperimentsRepository } from '../store/experiments-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type {
  PlannedStart,
  ScheduledChange,
  ScheduledChangesRepository,
  ScheduledEnd,
  ScheduledOutcome,
} from '../store/scheduled-changes-repository';
import type { TokensRepository } from '../store/tokens-repository';
import { archiveFlag, putFlag, switchFlag, type FlagWriteDependencies, type WrittenFlag } from '../store/write-flag';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { ExperimentInput } from '../workflows/experiment/messages';
import type { RolloutInput } from '../workflows/rollout/messages';
import type { ScheduledChangeResult } from '../workflows/scheduled/messages';
import { withSortedFailures } from './failures';
import { sendToAll, type Notification, type NotificationDependencies } from './notification-activity';

/** What making scheduled changes needs. */
export interface ScheduledChangeDependencies extends FlagWriteDependencies, NotificationDependencies {
  readonly scheduledChanges: ScheduledChangesRepository;
  readonly tokens: Pick<TokensRepository, 'get'>;
  readonly decisions: DecisionsRepository;
  readonly rollouts: Pick<RolloutsRepository, 'byIdentity'>;
  readonly experiments: Pick<ExperimentsRepository, 'byIdentity'>;
  /** The rollout that is live on a flag, as Temporal knows it; null when none is. */
  readonly liveRollout: (environment: string, flagKey: string) => Promise<LiveRollout | null>;
}

/** What is live on a flag and what makes it the same as another start. */
export interface LiveRollout {
  readonly rolloutId: string;
  readonly identity: string;
  /** It is an experiment, whose id `rolloutId` is. */
  readonly isExperiment?: boolean;
}

/** What making a change came to: it has ended, or a rollout or an experiment is to be started. */
export type MadeChange =
  | { readonly kind: 'ended'; readonly status: ScheduledEnd; readonly text: string }
  | { readonly kind: 'start'; readonly rollout: RolloutInput }
  | { readonly kind: 'start_experiment'; readonly experiment: ExperimentInput };

/** Everything the workflow of a scheduled change may do. All of it is safe to repeat and to overlap with a copy of itself. */
export interface ScheduledChangeActivities {
  makeScheduledChange(request: { readonly id: string }): Promise<MadeChange>;
  /** Records that its rollout or experiment was started, or what is live in its place. */
  settleRolloutStart(request: { readonly id: string; readonly started: boolean }): Promise<ScheduledChangeResult>;
  /** For a workflow that was cancelled in Temporal before its time. */
  cancelScheduledChange(request: { readonly id: string }): Promise<ScheduledChangeResult>;
  tellScheduledChange(request: ScheduledChangeTold): Promise<void>;
}

/** What receivers are told of. */
export interface ScheduledChangeTold extends ScheduledChangeResult {
  readonly id: string;
  readonly environment: string;
  readonly flagKey: string;
}

/** What receivers get. */
export interface ScheduledChangeNotification extends Notification {
  /** Its id. */
  readonly scheduledChange: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly event: 'change_made' | 'change_not_made';
  readonly status: ScheduledEnd;
}

const MAY_CHANGE: readonly string[] = ['operator', 'admin'];
/** Somebody or something else got there first: as it would be for the same request made by hand. */
const CONFLICTS: readonly ErrorCode[] = [ErrorCode.RevisionConflict, ErrorCode.RolloutLive, ErrorCode.InUse];
const UNKNOWN: ScheduledChangeResult = { status: 'cancelled', text: 'it is not scheduled any more' };

/** The activities of scheduled changes, with failures sorted into retryable and not. */
export function createScheduledChangeActivities(dependencies: ScheduledChangeDependencies): ScheduledChangeActivities {
  const { scheduledChanges: changes, nowMs } = dependencies;
  const ending = async (
    change: ScheduledChange,
    from: 'scheduled' | 'making',
    status: ScheduledEnd,
    outcome: Omit<ScheduledOutcome, 'at'>,
  ): Promise<ScheduledChangeResult> => {
    const at = new Date(nowMs()).toISOString();
    return resultOf(await changes.end(change._id, from, status, { at, ...outcome }));
  };

  return withSortedFailures({
    async makeScheduledChange({ id }): Promise<MadeChange> {
      const change = await changes.get(id);
      if (change === null || isEnded(change)) return { kind: 'ended', ...resultOf(change) };
      refuseEarly(change, nowMs());
      // Past this nobody can take it back, so that what they are told is what happens.
      if (change.status === 'scheduled' && !(await changes.claim(id))) {
        const standing = await changes.get(id);
        if (standing === null || isEnded(standing)) return { kind: 'ended', ...resultOf(standing) };
      }
      try {
        if (change.change.kind === 'rollout') {
          await checkTimely(dependencies, change);
          const ended = (identity: string) => dependencies.rollouts.byIdentity(identity);
          return { kind: 'start', rollout: await startable(dependencies, change, change.change.start, ended) };
        }
        if (change.change.kind === 'experiment') {
          await checkTimely(dependencies, change);
          const ended = (identity: string) => dependencies.experiments.byIdentity(change.environment, identity);
          const { rolloutId: experimentId, ...input } = await startable(
            dependencies,
            change,
            change.change.start,
            ended,
          );
          return { kind: 'start_experiment', experiment: { ...input, experimentId } };
        }
        const { flag, written } = await write(dependencies, change);
        const text = written ? 'the change was made' : 'nothing was to be changed: the flag stood so already';
        return { kind: 'ended', ...(await ending(change, 'making', 'made', { text, revision: flag.revision })) };
      } catch (error) {
        return { kind: 'ended', ...(await ending(change, 'making', ...failureOf(error))) };
      }
    },

    async settleRolloutStart({ id, started }): Promise<ScheduledChangeResult> {
      const change = await changes.get(id);
      if (change === null || isEnded(change)) return resultOf(change);
      const { kind } = change.change;
      if (kind !== 'rollout' && kind !== 'experiment') return resultOf(change);
      const { rolloutId, identity } = change.change.start;
      const named = (id: string) => (kind === 'rollout' ? { rolloutId: id } : { experimentId: id });
      if (started) {
        return ending(change, 'making', 'made', { text: `${kind} '${rolloutId}' was started`, ...named(rolloutId) });
      }
      const live = await dependencies.liveRollout(change.environment, change.flagKey);
      if (live?.identity === identity) {
        const text = `the same ${kind} was live already: '${live.rolloutId}'`;
        return ending(change, 'making', 'made', { text, ...named(live.rolloutId) });
      }
      const what = live?.isExperiment === true ? 'experiment' : 'rollout';
      const other = live === null ? 'another rollout or experiment' : `${what} '${live.rolloutId}'`;
      const text = `${other} of '${change.flagKey}' was live with another plan`;
      return ending(change, 'making', 'conflict', { text, code: ErrorCode.RolloutLive });
    },

    async cancelScheduledChange({ id }): Promise<ScheduledChangeResult> {
      const change = await changes.get(id);
      if (change === null || isEnded(change)) return resultOf(change);
      return ending(change, 'scheduled', 'cancelled', { text: 'its workflow was cancelled in Temporal' });
    },

    async tellScheduledChange({ id, environment, flagKey, status, text }): Promise<void> {
      const notification: ScheduledChangeNotification = {
        scheduledChange: id,
        environment,
        flagKey,
        id: `scheduled:${id}:${status}`,
        event: status === 'made' ? 'change_made' : 'change_not_made',
        status,
        text,
      };
      await sendToAll(dependencies, notification);
    },
  });
}

function isEnded({ status }: ScheduledChange): boolean {
  return status !== 'scheduled' && status !== 'making';
}

function resultOf(change: ScheduledChange | null): ScheduledChangeResult {
  if (change === null || change.status === 'scheduled' || change.status === 'making') return UNKNOWN;
  return { status: change.status, text: change.outcome?.text ?? '' };
}

/** By the database's clock, whoever runs Temporal's: what comes early waits. */
function refuseEarly({ dueAt }: ScheduledChange, nowMs: number): void {
  const earlyMs = Date.parse(dueAt) - nowMs;
  if (earlyMs <= 0) return;
  throw ApplicationFailure.create({
    message: `it is due at ${dueAt}`,
    type: 'NOT_DUE',
    nextRetryDelay: Math.max(earlyMs, 50),
  });
}

/** One that has expired is not made, unless a copy of this activity has made it before and could not say so. */
async function checkTimely({ nowMs }: ScheduledChangeDependencies, change: ScheduledChange): Promise<void> {
  const lateMs = nowMs() - Date.parse(change.dueAt);
  if (lateMs <= change.expiresAfterMs) return;
  throw new Expired(
    `it was due at ${change.dueAt} and could not be made within ${change.expiresAfterMs / 1000} s of it`,
  );
}

class Expired extends Error {}

/**
 * The asker must still be allowed to.
 *
 * @throws {HeadgateError} PERMISSION_DENIED
 */
async function checkAsker({ tokens }: ScheduledChangeDependencies, change: ScheduledChange): Promise<void> {
  const { tokenId, actor } = change.askedBy;
  const token = await tokens.get(tokenId);
  const isGood =
    token !== null &&
    token.revokedAt === undefined &&
    MAY_CHANGE.includes(token.role) &&
    (token.environment ?? change.environment) === change.environment;
  if (isGood) return;
  throw new HeadgateError(
    ErrorCode.PermissionDenied,
    `the token '${actor.name}' that asked for it may not do so any more`,
  );
}

async function write(dependencies: ScheduledChangeDependencies, change: ScheduledChange): Promise<WrittenFlag> {
  const { environment, flagKey: key, reason, askedBy, _id: id, change: planned } = change;
  const isMade = async (flag: Flag): Promise<boolean> =>
    flag.lastChange.scheduledChange === id || dependencies.decisions.hasScheduledChange(flag._id, id);
  const standing = await dependencies.flags.get(documentId(environment, key));
  if (standing !== null && (await isMade(standing))) return { flag: standing, written: true };
  await checkTimely(dependencies, change);
  await checkAsker(dependencies, change);
  const write = { environment, key, actor: askedBy.actor, reason, scheduled: { id, isMade } };
  switch (planned.kind) {
    case 'switch':
      return switchFlag(dependencies, write, planned.enabled);
    case 'edit':
      return putFlag(dependencies, write, { ...planned.flag, revision: planned.revision });
    case 'archive':
      return archiveFlag(dependencies, write);
    case 'rollout':
    case 'experiment':
      throw new Error(`a change of kind '${planned.kind}' is started and not written`);
  }
}

/**
 * What the workflow of a rollout or an experiment is started with; whether the plan fits the flag it finds out itself.
 *
 * @param endedOf what has the same identity and was started before
 * @throws {HeadgateError} PERMISSION_DENIED; IN_USE when the same one has finished
 */
async function startable<Plan>(
  dependencies: ScheduledChangeDependencies,
  change: ScheduledChange,
  { again, ...start }: PlannedStart<Plan>,
  endedOf: (identity: string) => Promise<readonly { readonly _id: string; readonly outcome: string | null }[]>,
) {
  await checkAsker(dependencies, change);
  const ended = again ? [] : await endedOf(start.identity);
  const finished = ended.find(
    ({ _id, outcome }) => outcome !== null && outcome !== 'refused' && _id !== start.rolloutId,
  );
  if (finished !== undefined) {
    const message = `the same ${change.change.kind} has finished already: '${finished._id}' as ${finished.outcome}`;
    throw new HeadgateError(ErrorCode.InUse, message, { remedy: 'Schedule it with --again to start it anew.' });
  }
  const { environment, flagKey, askedBy } = change;
  const startedAt = new Date(dependencies.nowMs()).toISOString();
  return { ...start, environment, flagKey, startedBy: askedBy.actor, startedAt };
}

/** How an error ends the change; trouble that passes is thrown again, to be retried. */
function failureOf(error: unknown): [ScheduledEnd, Omit<ScheduledOutcome, 'at'>] {
  if (isOutage(error) || (error instanceof HeadgateError && error.retryable)) throw error;
  if (error instanceof Expired) return ['expired', { text: error.message }];
  const code = error instanceof HeadgateError ? error.code : ErrorCode.Internal;
  return [CONFLICTS.includes(code) ? 'conflict' : 'refused', { text: messageOf(error).slice(0, 1000), code }];
}
