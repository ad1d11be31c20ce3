import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { GroupActivities } from '../../activities/group-activities';
import { leasing } from '../rollout/activity-options';
import { messageSignals, ROLLOUT_WORKFLOW, rolloutWorkflowId, type MessageArguments } from '../rollout/messages';
import { messageOfCause } from '../rollout/run-failures';
import type { rolloutWorkflow } from '../rollout/rollout-workflow';
import {
  groupSignals,
  groupStatusQuery,
  groupUpdates,
  type GroupInput,
  type GroupMessageName,
  type GroupMessageResult,
} from './messages';
import { groupAttributesOf, memberAttributesOf } from './search-attributes';
import { describeGroup, failedMember, initialStatus, readyMembers, skipPending, withLine, withMember } from './state';
import { GroupTeller } from './teller';
import { isGroupEnd, type GroupMember, type GroupOutcome, type GroupStatus } from './status';

/** Tried without limit, as every lowering is; an attempt that was lost with its worker costs three seconds. */
const writing = proxyActivities<Pick<GroupActivities, 'takeBack' | 'signAbort'>>({
  startToCloseTimeout: '3 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '2 seconds' },
});
const saving = proxyLocalActivities<Pick<GroupActivities, 'saveGroup'>>({
  startToCloseTimeout: '2 seconds',
  retry: { initialInterval: '100 milliseconds', maximumAttempts: 3 },
});

/** One run of the group workflow. */
export class GroupRun {
  private status: GroupStatus;
  private readonly live = new Map<string, ChildWorkflowHandle<typeof rolloutWorkflow>>();
  private approved: boolean;
  /** Why the group goes back although no member has failed; null while nobody asked. */
  private asked: string | null = null;
  private version: number;
  private readonly teller = new GroupTeller();

  constructor(private readonly input: GroupInput) {
    this.status = initialStatus(input);
    this.approved = !input.approval;
    this.version = Date.parse(input.startedAt);
    setHandler(groupStatusQuery, () => this.status);
    for (const name of ['approve', 'abort'] as const) {
      setHandler(groupSignals[name], async (args) => void (await this.receive(name, args)));
      setHandler(groupUpdates[name], async (args?: MessageArguments) => this.receive(name, args), {
        validator: (_args?: MessageArguments) => {
          const why = this.refusalOf(name);
          if (why !== null) throw ApplicationFailure.nonRetryable(why, 'MESSAGE_REJECTED');
        },
      });
    }
  }

  /** Forward to the end, or back to where the group began. */
  async execute(): Promise<{ outcome: GroupOutcome; summary: string }> {
    try {
      await this.publish();
      if (!this.approved) void this.teller.tell(this.status, 'group_approval_needed');
      await condition(() => this.approved || this.asked !== null);
      if (this.approved) this.status = { ...this.status, phase: 'progressing', waitingFor: null };
      await this.goForward();
    } catch (error) {
      this.asked ??= isCancellation(error)
        ? 'the workflow was cancelled'
        : `the group failed: ${messageOfCause(error)}`;
      log.warn('the group goes back', { groupId: this.input.groupId, why: this.asked });
    }
    return CancellationScope.nonCancellable(() => this.end());
  }

  private async goForward(): Promise<void> {
    while (this.asked === null && failedMember(this.status) === undefined) {
      for (const member of readyMembers(this.status, this.input.sideBySide)) this.start(member);
      if (this.status.members.every(({ state }) => state === 'completed')) return;
      const names = this.flagsThat((one) => one.state === 'live').join(', ');
      this.status = { ...this.status, summary: `rolling out ${names}` };
      await this.publish();
      const before = this.status.members;
      await condition(() => this.asked !== null || this.status.members !== before);
    }
  }

  /** Starts a member's rollout and follows it to its end, whatever becomes of this run's scope. */
  private start({ flag, candidate }: GroupMember): void {
    const { environment, owner } = this.input;
    const rollout = this.input.members.find((one) => one.rollout.flagKey === flag)?.rollout;
    if (rollout === undefined) return;
    this.note(`${flag} → ${candidate} starts`, flag, { state: 'live' });
    void CancellationScope.nonCancellable(async () => {
      try {
        const handle = await startChild<typeof rolloutWorkflow>(ROLLOUT_WORKFLOW, {
          workflowId: rolloutWorkflowId(environment, flag),
          args: [{ ...rollout, startedAt: new Date(Date.now()).toISOString() }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          // A group that is ended from outside never takes a rollout down before it has lowered its flag.
          parentClosePolicy: ParentClosePolicy.ABANDON,
          cancellationType: ChildWorkflowCancellationType.ABANDON,
          workflowTaskTimeout: '3 seconds',
          memo: { rolloutId: rollout.rolloutId, identity: rollout.identity },
          staticSummary: `${flag} → ${candidate} in ${environment}, of group ${this.input.key}`,
          typedSearchAttributes: memberAttributesOf(environment, flag, rollout.plan.owner ?? owner),
        });
        this.live.set(flag, handle);
        const { outcome, summary } = await handle.result();
        this.note(`${flag}: ${outcome.replace('_', ' ')}, ${summary}`, flag, { state: outcome, summary });
      } catch (error) {
        const isTaken = error instanceof WorkflowExecutionAlreadyStartedError;
        const summary = isTaken ? 'another rollout of this flag is live' : messageOfCause(error);
        this.note(`${flag}: ${summary}`, flag, { state: isTaken ? 'refused' : 'failed', summary });
      } finally {
        this.live.delete(flag);
      }
    });
  }

  /** Ends the group: nothing more to do when all have completed, else back in reverse. */
  private async end(): Promise<{ outcome: GroupOutcome; summary: string }> {
    const failed = failedMember(this.status);
    const why =
      this.asked ?? (failed === undefined ? null : `${failed.flag} ended as ${failed.state.replace('_', ' ')}`);
    const outcome: GroupOutcome = why === null ? 'completed' : this.asked === null ? 'rolled_back' : 'aborted';
    let summary = 'all members have completed';
    if (why !== null) {
      const back = { ...this.status, phase: 'taking_back' as const, waitingFor: null, summary: why };
      this.status = skipPending(back, why);
      await this.publish();
      if (this.flagsThat(({ state }) => state !== 'skipped').length > 0) {
        void this.teller.tell(this.status, 'group_taking_back');
      }
      await this.endLive(why);
      if (this.input.onRollback === 'take_back') await this.takeBack(why);
      const kept = this.flagsThat((one) => one.takenBack === 'kept');
      const standing = this.flagsThat((one) => one.state === 'completed' && one.takenBack === null);
      summary = [
        why,
        ...(kept.length === 0 ? [] : [`not taken back, since it was written since: ${kept.join(', ')}`]),
        ...(standing.length === 0 ? [] : [`left completed: ${standing.join(', ')}`]),
      ].join('; ');
    }
    this.note(`${outcome.replace('_', ' ')}: ${summary}`);
    this.status = { ...this.status, phase: outcome, outcome, waitingFor: null, summary };
    await this.publish();
    await this.teller.tell(this.status, `group_${outcome}`);
    await condition(allHandlersFinished);
    return { outcome, summary };
  }

  /** Tells every live rollout to end, last started first, and waits until each has lowered its flag. */
  private async endLive(why: string): Promise<void> {
    const { environment, members } = this.input;
    // A start under way shows within moments whether it has become a rollout.
    await condition(() => this.flagsThat((one) => one.state === 'live').every((flag) => this.live.has(flag)));
    for (const { rollout } of members.toReversed()) {
      const handle = this.live.get(rollout.flagKey);
      if (handle === undefined) continue;
      const { rolloutId, flagKey } = rollout;
      const reason = `its group goes back: ${why}`.slice(0, 500);
      const signed = await writing.signAbort({
        environment,
        flagKey,
        rolloutId,
        group: workflowInfo().workflowId,
        reason,
      });
      // One that has ended meanwhile needs no telling.
      await handle.signal(messageSignals.abort, signed).catch(() => undefined);
    }
    await condition(() => this.flagsThat((one) => one.state === 'live').length === 0);
  }

  /** Takes completed members back, the last completed first, so that no flag stands on one that is taken from under it. */
  private async takeBack(why: string): Promise<void> {
    const { environment, members } = this.input;
    for (const { rollout } of members.toReversed()) {
      const { flagKey, rolloutId } = rollout;
      if (!this.status.members.some(({ flag, state }) => flag === flagKey && state === 'completed')) continue;
      const reason = `taken back by group ${this.input.key}: ${why}`;
      const request = { environment, flagKey, rolloutId, group: workflowInfo().workflowId, reason };
      try {
        const result = await writing.takeBack.executeWithOptions({ summary: `take back ${flagKey}` }, [request]);
        const isKept = result.kind === 'kept';
        const text = isKept
          ? `${flagKey} was not taken back: ${result.why}`
          : `${flagKey} taken back at revision ${result.revision}`;
        this.note(text, flagKey, { takenBack: isKept ? 'kept' : 'taken_back', ...(isKept ? { summary: text } : {}) });
      } catch (error) {
        const text = `${flagKey} could not be taken back: ${messageOfCause(error)}`;
        this.note(text, flagKey, { takenBack: 'kept', summary: text });
      }
      await this.publish();
    }
  }

  private async receive(name: GroupMessageName, args: MessageArguments = {}): Promise<GroupMessageResult> {
    const { groupId, approvals, startedBy } = this.input;
    const { workflowId } = workflowInfo();
    const actor = await leasing
      .identifySender({ workflowId, rolloutId: groupId, name, args })
      .catch(() => ({ kind: 'unverified' as const, name: 'unknown', verified: false }));
    const refusal = this.refusalOf(name);
    if (refusal !== null) return this.result(false, refusal);
    const by = `${actor.name}${actor.verified ? '' : ' (unverified)'}`;
    const because = args.reason === undefined ? '' : `: ${args.reason}`;
    if (name === 'abort') {
      this.asked = `aborted by ${by}${because}`.slice(0, 500);
      return this.result(true, 'the group goes back');
    }
    if (!actor.verified && !approvals.allowUnverified)
      return this.result(false, 'approvals want a sender that is known');
    if (approvals.forbidStarter && actor.name === startedBy.name) {
      return this.result(false, `${actor.name} has started the group and may not approve it`);
    }
    this.note(`approved by ${by}${because}`);
    this.approved = true;
    return this.result(true, 'approved');
  }

  private refusalOf(name: GroupMessageName): string | null {
    if (isGroupEnd(this.status.phase)) return `the group has ended: ${this.status.phase}`;
    if (this.status.phase === 'taking_back' || this.asked !== null) return 'the group is going back already';
    if (name === 'approve' && this.approved) return 'the group does not wait for approval';
    return null;
  }

  private result(accepted: boolean, text: string): GroupMessageResult {
    return { accepted, text, state: this.status.phase };
  }

  private flagsThat(wanted: (member: GroupMember) => boolean): string[] {
    return this.status.members.filter(wanted).map(({ flag }) => flag);
  }

  private note(text: string, flag?: string, change: Partial<GroupMember> = {}): void {
    const status = withLine(this.status, Date.now(), text.slice(0, 600));
    this.status = flag === undefined ? status : withMember(status, flag, change);
  }

  /** Shows the group to people. A database that does not answer delays lists, never the group. */
  private async publish(): Promise<void> {
    setCurrentDetails(describeGroup(this.status));
    upsertSearchAttributes(groupAttributesOf(this.status));
    const { groupId, ...shown } = this.status;
    this.version = Math.max(this.version + 1, Date.now());
    const projection = { ...shown, _id: groupId, identity: this.input.identity, version: this.version };
    await saving.saveGroup(projection).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
    });
  }
}
