import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { RolloutRef, TransitionResult } from '../../activities/rollout-activities';
import type { Actor } from '../../flags/document/decision-record';
import { leasing, looking, tidying, writing } from './activity-options';
import { admit } from './admit';
import { Announcer } from './announcer';
import { decide } from './decide';
import { Inbox, type InboxEntry } from './inbox';
import {
  MessageName,
  messageSignals,
  messageUpdates,
  statusQuery,
  timelineQuery,
  type MessageArguments,
  type MessageResult,
  type RolloutInput,
} from './messages';
import { Publisher } from './publisher';
import { afterLease, afterLook, afterRefusedWrite, afterWrite } from './progress';
import { receive } from './receive';
import { asFailure, messageOfCause, rethrowUnlessOutage, swallowCancellation } from './run-failures';
import {
  bakeMsOf,
  initialState,
  nextWeight,
  REMEMBERED_MESSAGES,
  withEntry,
  type PlannedTransition,
  type RolloutState,
} from './state';
import { isTerminal, type RolloutOutcome } from './status';

/** While the first step waits for approval or a blackout, the flag is looked at again this often. */
const ASSESSING_INTERVAL_MS = 30_000;
/** History length at which a fresh run is begun even if the server has not suggested it: keeps replay after a crash short. */
const CONTINUE_AFTER_EVENTS = 2_000;

/** One run of the rollout workflow: the main loop and the only caller of writing activities. */
export class RolloutRun {
  private state: RolloutState;
  private readonly inbox = new Inbox();
  private readonly publisher: Publisher;
  private readonly announcer: Announcer;
  private readonly ref: RolloutRef;
  /** Whether the last look came after the last write. */
  private lookIsFresh = false;

  constructor(private readonly input: RolloutInput) {
    this.state = input.state ?? initialState(input.plan);
    this.ref = { rolloutId: input.rolloutId, environment: input.environment, flagKey: input.flagKey };
    this.publisher = new Publisher(input);
    this.announcer = new Announcer(this.ref, input.plan.owner);
    this.registerHandlers();
  }

  /** Runs to the end, or to the next run of the same rollout. Whatever goes wrong, the flag is lowered first. */
  async execute(): Promise<{ outcome: RolloutOutcome; summary: string }> {
    try {
      while (!isTerminal(this.state.phase)) {
        await this.advance();
        await this.publisher.publish(this.state);
        this.state = this.announcer.tellWaiting(this.state);
        if (this.mayContinueAsNew()) {
          await condition(allHandlersFinished);
          if (this.inbox.size === 0)
            await continueAsNew<(input: RolloutInput) => Promise<unknown>>({ ...this.input, state: this.state });
        }
      }
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await CancellationScope.nonCancellable(async () => {
        await this.lowerAfter(error);
        if (isCancellation(error)) return;
        await this.finish();
        throw asFailure(error);
      });
    }
    return CancellationScope.nonCancellable(() => this.finish());
  }

  private registerHandlers(): void {
    setHandler(statusQuery, () => this.publisher.status(this.state));
    setHandler(timelineQuery, () => this.state.timeline);
    const runId = workflowInfo().runId;
    for (const name of Object.values(MessageName)) {
      setHandler(messageSignals[name], (args) => {
        this.inbox.add(name, args, runId);
      });
      setHandler(
        messageUpdates[name],
        async (args?: MessageArguments): Promise<MessageResult> => {
          const entry = this.inbox.add(name, args, runId);
          await condition(() => entry.result !== null);
          return entry.result as MessageResult;
        },
        {
          validator: (args?: MessageArguments) => {
            const admission = admit(this.state, this.input.plan, name, args ?? {});
            if (!admission.admitted) throw ApplicationFailure.nonRetryable(admission.why, 'MESSAGE_REJECTED');
          },
        },
      );
    }
  }

  /** One turn of the main loop: take messages, then write or wait and look. */
  private async advance(): Promise<void> {
    await this.takeMessages();
    if (this.state.basis === null) return this.assess();
    const decision = decide(this.state, this.input.plan, this.lookIsFresh);
    switch (decision.kind) {
      case 'transition':
        return this.write(decision.transition);
      case 'refuse':
        this.state = { ...this.state, intents: this.state.intents.filter((intent) => intent !== decision.intent) };
        this.inbox.answer(decision.intent, this.result(false, decision.text));
        return;
      case 'wait':
        this.state = { ...this.state, waitingFor: decision.waitingFor, summary: decision.summary };
        await this.publisher.publish(this.state);
        this.state = this.announcer.tellWaiting(this.state);
        return this.state.step < 0 ? this.waitToStart() : this.waitAndLook();
    }
  }

  /** Checks that the flag can carry this rollout, and takes what it must still look like when weights are raised. */
  private async assess(): Promise<void> {
    const prepared = await writing.prepareRollout({ ...this.ref, plan: this.input.plan });
    if (prepared.kind === 'refused') {
      this.state = { ...this.state, phase: 'refused', waitingFor: null, summary: prepared.why };
      return;
    }
    const { basis, control, blackoutUntilMs } = prepared;
    this.state = { ...this.state, basis, control, blackoutUntilMs };
  }

  private async waitToStart(): Promise<void> {
    const woken = await condition(() => this.inbox.size > 0, ASSESSING_INTERVAL_MS);
    if (!woken) this.state = { ...this.state, basis: null };
  }

  /** Sleeps until the next look is due or a message comes, then renews the lease and looks. */
  private async waitAndLook(): Promise<void> {
    const dueInMs = this.state.nextLookAtMs - Date.now();
    const summary = `${this.state.weight} %, waits for ${this.state.waitingFor ?? 'the next look'}`;
    if (dueInMs > 0 && (await condition(() => this.inbox.size > 0, dueInMs, { summary }))) return;
    await this.renewLease();
    if (this.state.lapsedAtMs === null) await this.look();
  }

  private async renewLease(): Promise<void> {
    try {
      this.state = afterLease(this.state, await leasing.renewLease(this.ref));
    } catch (error) {
      rethrowUnlessOutage(error);
      log.warn('the lease could not be renewed', { rolloutId: this.input.rolloutId });
      this.state = { ...this.state, nextLookAtMs: Date.now() + this.input.plan.look.shortestMs };
    }
  }

  private async look(): Promise<void> {
    const { plan } = this.input;
    const { state } = this;
    try {
      const result = await looking.look({
        ...this.ref,
        plan,
        control: state.control,
        step: state.step,
        weight: state.weight,
        nextWeight: nextWeight(plan, state.weight),
        transition: state.transition,
        weights: state.weights,
        stepStartedAtMs: state.stepStartedAtMs,
        raisedAtMs: state.raisedAtMs,
        bakeMs: bakeMsOf(plan, state.step),
        bakedMs: state.bakedMs,
        safetyEpoch: state.safetyEpoch,
        harmEpoch: state.harmEpoch,
        basis: state.basis,
      });
      this.state = afterLook(this.state, plan, result, Date.now());
      this.lookIsFresh = true;
    } catch (error) {
      rethrowUnlessOutage(error);
      log.warn('a look failed and is skipped', { rolloutId: this.input.rolloutId });
      this.lookIsFresh = false;
      this.state = {
        ...this.state,
        waitingFor: 'data',
        summary: 'the last look could not be made; nothing is raised until one is',
        nextLookAtMs: Date.now() + plan.look.shortestMs,
      };
    }
  }

  /** Takes every waiting message; each is answered now or after the write it asks for. */
  private async takeMessages(): Promise<void> {
    for (let entry = this.inbox.take(); entry !== undefined; entry = this.inbox.take()) await this.takeMessage(entry);
  }

  private async takeMessage(entry: InboxEntry): Promise<void> {
    if (this.state.seenMessages.includes(entry.id)) {
      entry.result = this.result(true, 'this message was already taken');
      return;
    }
    const { workflowId } = workflowInfo();
    const { rolloutId, plan, startedBy } = this.input;
    const actor = await this.identify(entry, workflowId, rolloutId);
    const at = new Date(Date.now()).toISOString();
    const before = this.state.intents.length;
    const { state, accepted, text } = receive(this.state, plan, startedBy, {
      name: entry.name,
      args: entry.args,
      actor,
      at,
    });
    this.state = { ...state, seenMessages: [...state.seenMessages, entry.id].slice(-REMEMBERED_MESSAGES) };
    const intent = this.state.intents.length > before ? this.state.intents.at(-1) : undefined;
    if (intent === undefined) {
      entry.result = this.result(accepted, text);
      return;
    }
    entry.intent = intent;
    this.inbox.await(entry);
  }

  /** Who sent it. When signatures cannot be checked, a lowering is still obeyed, as unverified. */
  private async identify(entry: InboxEntry, workflowId: string, rolloutId: string): Promise<Actor> {
    try {
      return await leasing.identifySender({ workflowId, rolloutId, name: entry.name, args: entry.args });
    } catch (error) {
      rethrowUnlessOutage(error);
      return { kind: 'unverified', name: entry.args.actor?.name ?? 'unknown', verified: false };
    }
  }

  /** Gives the transition its number and writes it. A raise in flight is given up when a lowering arrives. */
  private async write(planned: PlannedTransition): Promise<void> {
    const number = this.state.lastNumber + 1;
    this.state = { ...this.state, lastNumber: number };
    const result = await this.apply(planned, number);
    if (result === null) {
      const notApplied = [
        ...this.state.notApplied,
        { transition: number, action: planned.action, weight: planned.weight },
      ];
      this.state = { ...this.state, notApplied: notApplied.slice(-20) };
      if (planned.intent !== null) {
        this.state = { ...this.state, intents: this.state.intents.filter((intent) => intent !== planned.intent) };
        this.inbox.answer(planned.intent, this.result(false, 'overtaken by a lowering'));
      }
      return;
    }
    this.lookIsFresh = false;
    if (result.kind === 'applied' || result.kind === 'already') {
      this.state = afterWrite(this.state, this.input.plan, planned, number, result.nowMs);
      this.state = { ...this.state, nextLookAtMs: Date.now() + this.state.lookIntervalMs };
      this.inbox.answer(planned.intent, { ...this.result(true, planned.reason), transition: number });
      this.announcer.tellWrite(this.state, planned);
      return;
    }
    this.state = afterRefusedWrite(this.state, planned, result);
    const text =
      result.kind === 'conflict' ? `the flag was edited: ${result.diff}` : `nothing was written; ${this.state.summary}`;
    this.inbox.answer(planned.intent, this.result(false, text));
  }

  private async apply(planned: PlannedTransition, number: number): Promise<TransitionResult | null> {
    const { plan, salt, rolloutId } = this.input;
    const request = {
      ...this.ref,
      transition: number,
      action: planned.action,
      step: planned.step,
      weight: planned.weight,
      reason: planned.reason,
      actor: planned.actor ?? { kind: 'workflow' as const, name: rolloutId, verified: true },
      evidence: planned.evidence,
      excludedSegments: planned.excludedSegments,
      outcome: planned.outcome,
      lowering: planned.lowering,
      basis: planned.lowering ? null : this.state.basis,
      candidate: plan.candidate,
      leaseMs: plan.leaseMs,
      controlHoldback: plan.controlHoldback,
      notApplied: this.state.notApplied,
      start: planned.action === 'rollout.start' ? { plan, salt, control: this.state.control } : null,
    };
    const summary = `#${number} ${planned.action.replace('rollout.', '')} → ${planned.weight} %`;
    const write = (): Promise<TransitionResult> => writing.applyTransition.executeWithOptions({ summary }, [request]);
    if (planned.lowering) return write();
    const scope = new CancellationScope();
    const raise = scope.run(write);
    const overtaken = condition(() => this.inbox.hasLowering(this.state.weight)).then(() => null);
    const first = await Promise.race([raise.catch(swallowCancellation), overtaken]);
    if (first === null) scope.cancel();
    return first;
  }

  /** The flag first, then the failure: nobody stays on a candidate whose rollout is broken. */
  private async lowerAfter(error: unknown): Promise<void> {
    const cancelled = isCancellation(error);
    const why = cancelled ? 'the workflow was cancelled' : `the rollout failed: ${messageOfCause(error)}`;
    log.error(why, { rolloutId: this.input.rolloutId });
    if (this.state.step >= 0 || this.state.lastNumber > 0) {
      const planned: PlannedTransition = {
        action: 'rollout.abort',
        weight: 0,
        step: this.state.step,
        reason: why.slice(0, 500),
        actor: null,
        evidence: [],
        excludedSegments: this.state.excludedSegments,
        outcome: 'aborted',
        lowering: true,
        intent: null,
      };
      for (let landed = false; !landed;) {
        try {
          await this.write(planned);
          landed = true;
        } catch {
          await sleep('2 seconds');
        }
      }
    }
    const phase = isTerminal(this.state.phase) ? this.state.phase : 'aborted';
    this.state = { ...this.state, phase, waitingFor: null, summary: why };
  }

  /** Proves the end on the flag itself, tidies, and tells people. */
  private async finish(): Promise<{ outcome: RolloutOutcome; summary: string }> {
    const outcome = this.state.phase as RolloutOutcome;
    const { control } = this.state;
    if (outcome !== 'refused') {
      const proof = await writing.verifyEnd({ ...this.ref, outcome, candidate: this.input.plan.candidate });
      const at = new Date(Date.now()).toISOString();
      this.state = withEntry(this.state, { at, what: 'verified', text: proof });
    }
    this.inbox.close(this.result(false, `the rollout has ended: ${outcome}`));
    await this.publisher.publish(this.state);
    const told = this.announcer.tell(this.state, outcome, this.state.summary);
    await tidying
      .cleanUpRollout({ ...this.ref, control, candidate: this.input.plan.candidate })
      .catch((error: unknown) => log.warn('tidying was given up', { why: messageOfCause(error) }));
    await told;
    await condition(allHandlersFinished);
    return { outcome, summary: this.state.summary };
  }

  private mayContinueAsNew(): boolean {
    const info = workflowInfo();
    const due = info.continueAsNewSuggested || info.historyLength > CONTINUE_AFTER_EVENTS;
    return due && !isTerminal(this.state.phase) && this.inbox.size === 0 && this.state.intents.length === 0;
  }

  private result(accepted: boolean, text: string): MessageResult {
    return { accepted, text, state: this.state.phase, weight: this.state.weight };
  }
}
