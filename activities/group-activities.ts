import { ErrorCode, HeadgateError } from '../core/errors';
import { signMessage } from '../core/signing';
import type { DecisionRecord } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import { flagAt } from '../flags/history/flag-at';
import { planTakeBack, type TakeBackPlan } from '../flags/transition/plan-take-back';
import type { DatabaseClock } from '../store/database-clock';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { GroupProjection, GroupsRepository } from '../store/groups-repository';
import type { MessageArguments } from '../workflows/rollout/messages';
import type { GroupMember, GroupOutcome } from '../workflows/group/status';
import { sendToAll, type Notification, type NotificationDependencies } from './notification-activity';
import type { RolloutRef } from './rollout-activities';

/** Asks for a completed member to be taken back. */
export interface TakeBackRequest extends RolloutRef {
  /** Workflow id of the group, for the record. */
  readonly group: string;
  readonly reason: string;
}

/** What taking a member back came to. */
export type TakeBackResult =
  | { readonly kind: 'taken_back' | 'already'; readonly revision: number }
  /** Nothing was written; what stands there is somebody else's. */
  | { readonly kind: 'kept'; readonly why: string };

/** What people are told of a group. */
export type GroupEvent = 'group_approval_needed' | 'group_taking_back' | `group_${GroupOutcome}`;

/** One notification of a group, before it has its id. */
export interface GroupTold extends Omit<Notification, 'id'> {
  /** The group's id. */
  readonly group: string;
  readonly environment: string;
  readonly key: string;
  readonly event: GroupEvent;
  readonly members: readonly Pick<GroupMember, 'flag' | 'state' | 'takenBack'>[];
  /** As the group's file says. */
  readonly owner?: string;
}

/**
 * What a group workflow may do to the world beside its rollouts. All of it is safe to repeat and to overlap with a copy
 * of itself.
 */
export interface GroupActivities {
  takeBack(request: TakeBackRequest): Promise<TakeBackResult>;
  /** The arguments of an abort that a group sends to one of its rollouts, signed in the group's name. */
  signAbort(request: RolloutRef & { readonly group: string; readonly reason: string }): Promise<MessageArguments>;
  saveGroup(projection: Omit<GroupProjection, 'updatedAt'>): Promise<void>;
  /** Sends signed webhooks; a copy carries the same id, by which receivers drop it. */
  tellGroup(told: GroupTold): Promise<void>;
}

/** What they need. */
export interface GroupDependencies extends NotificationDependencies {
  readonly flags: FlagsRepository;
  readonly decisions: Pick<DecisionsRepository, 'byRollout' | 'since'>;
  readonly groups: Pick<GroupsRepository, 'save'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly signingKey: string;
  /** The workflow id of a flag's rollout. */
  readonly workflowIdOf: (environment: string, flagKey: string) => string;
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** A swap that loses a race re-reads at once; losing this often within one attempt leaves the rest to the retry policy. */
const SWAP_ATTEMPTS = 20;

/** Activities of groups. */
export function createGroupActivities(dependencies: GroupDependencies): GroupActivities {
  return {
    /**
     * Restores what the place served before a completed rollout, by compare-and-swap and with a record that follows the
     * completion's number by one. Once that record stands, another copy finds it and writes nothing.
     */
    async takeBack(request) {
      const result = await swapUntilSettled(dependencies, request);
      const { rolloutId, flagKey, environment } = request;
      dependencies.log({ rolloutId, environment, flag: flagKey, result: result.kind }, request.reason);
      return result;
    },

    /** Computes only. */
    async signAbort({ environment, flagKey, rolloutId, group, reason }) {
      const target = { workflowId: dependencies.workflowIdOf(environment, flagKey), subjectId: rolloutId };
      const message = { id: `abort-${rolloutId}`, reason };
      return signMessage(dependencies.signingKey, target, 'abort', message, { name: group, role: 'group' });
    },

    /** A copy that arrives after a newer one changes nothing. */
    async saveGroup(projection) {
      await dependencies.groups.save(projection);
    },

    /** Each event happens once in a group's life, so id and event tell copies of it from others. */
    async tellGroup(told) {
      await sendToAll(dependencies, { ...told, id: `${told.group}:${told.event}` });
    },
  };
}

async function swapUntilSettled(
  { flags, decisions, clock }: GroupDependencies,
  { environment, flagKey, rolloutId, group, reason }: TakeBackRequest,
): Promise<TakeBackResult> {
  const flagId = documentId(environment, flagKey);
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt += 1) {
    const flag = await flags.get(flagId);
    if (flag === null) return { kind: 'kept', why: 'the flag does not exist any more' };
    const records = await decisions.byRollout(rolloutId);
    const earlier = records.find(({ action }) => action === 'rollout.take_back');
    if (earlier !== undefined) return { kind: 'already', revision: earlier.revision };
    const completion = records.find(({ action }) => action === 'rollout.complete');
    if (completion === undefined) return { kind: 'kept', why: 'no completion of it is on record' };
    const since = (await decisions.since(flagId, completion.revision - 1)).toReversed();
    const plan = planFor(flag, since, completion);
    if (plan.kind === 'kept') return plan;
    const written = await flags.swap({
      before: flag,
      after: plan.after,
      draft: {
        at: new Date(clock.nowMs()).toISOString(),
        actor: { kind: 'workflow', name: group.slice(0, 200), verified: true },
        action: 'rollout.take_back',
        reason: reason.slice(0, 1000),
        rolloutId,
        transition: (completion.transition ?? 0) + 1,
        weightBefore: completion.weightAfter ?? 100,
        weightAfter: 0,
      },
    });
    if (written !== null) return { kind: 'taken_back', revision: written.revision };
  }
  throw new HeadgateError(ErrorCode.RevisionConflict, `flag '${flagKey}' is being edited too often to be written`, {
    retryable: true,
  });
}

/**
 * What stood before and after the completion is read from the records; where those of a very large flag keep hashes
 * alone, nothing is guessed.
 */
function planFor(flag: Flag, since: readonly DecisionRecord[], completion: DecisionRecord): TakeBackPlan {
  const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = flag;
  try {
    const before = flagAt(flag, since, completion.revision - 1).definition;
    const completed = flagAt(flag, since, completion.revision).definition;
    return planTakeBack(body, before, completed);
  } catch (error) {
    if (error instanceof HeadgateError && error.code === ErrorCode.InvalidArgument) {
      return { kind: 'kept', why: `what it served before is not on record: ${error.message}` };
    }
    throw error;
  }
}
