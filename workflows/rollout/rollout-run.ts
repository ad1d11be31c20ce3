import {
  allHandlersFinished,
  CancellationScope,
  condition,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { RolloutRef } from '../../activities/rollout-activities';
import type { Actor } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import { leasing, preparingHere, writing } from './activity-options';
import { admit, admitEarlyWeight, isEarlyWeight } from './admit';
import { Announcer } from './announcer';
import { Attributor } from './attributor';
import { apply, refOf } from './apply';
import { decide } from './decide';
import { afterRescue, finish, rescueOf, resultOf, whyLowered, type RolloutEnd } from './finish';
import { handleMessages } from './handle-messages';
import { Inbox, type InboxEntry } from './inbox';
import {
  MessageName,
  messageSignals,
  messageUpdates,
  statusQuery,
  timelineQuery,
  type MessageResult,
  type RolloutInput,
} from './messages';
import { look, lookUnderLease, renewLease } from './look';
import { Publisher } from './publisher';
import { withFeatures } from './gather';
import { afterPreparing, planInForce } from './prediction';
import { afterRefusedWrite, afterWrite, endedAsAsked } from './progress';
import { receive } from './receive';
import { asFailure, rethrowUnlessOutage } from './run-failures';
import { initialState, REMEMBERED_MESSAGES, type PlannedTransition, type RolloutState } from './state';
import { isTerminal } from './status';

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
  private readonly attributor: Attributor;
  private readonly ref: RolloutRef;
  /** Whether the last look came after the last write. */
  private lookIsFresh = false;
  /**
   * Whether this run takes as few commands as it can: it prepares within its first task, renews and looks in one step,
   * and publishes where it waits. Runs that earlier releases began go on as they were recorded.
   */
  private readonly isSparing = patched('sparing');

  constructor(private readonly input: RolloutInput) {
    this.state = input.state ?? initialState(input.plan);
    this.ref = refOf(input);
    this.publisher = new Publisher(input);
    this.announcer = new Announcer(this.ref, input.plan);
    this.attributor = new Attributor(input);
    this.registerHandlers();
  }

  /** Runs to the end, or to the next run of the same rollout. Whatever goes wrong, the flag is lowered first. */
  async execute(): Promise<RolloutEnd> {
    try {
      while (!isTerminal(this.state.phase)) {
        await this.advance();
        if (!this.isSparing || isTerminal(this.state.phase)) await this.publisher.publish(this.state);
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

  /** The plan in force: as written, or as the prediction has shaped it. */
  private get plan(): RolloutPlan {
    return planInForce(this.input.plan, this.state);
  }

  private registerHandlers(): void {
    setHandler(statusQuery, () => this.publisher.status(this.state));
    setHandler(timelineQuery, () => this.state.timeline);
    handleMessages(this.inbox, {
      names: Object.values(MessageName),
      signals: messageSignals,
      updates: messageUpdates,
      refusalOf: (name, args) => {
        const admission = admit(this.state, this.plan, name, args);
        return admission.admitted ? null : admission.why;
      },
    });
  }

  /** One turn of the main loop: take messages, then write or wait and look. */
  private async advance(): Promise<void> {
    await this.takeMessages();
    if (this.state.basis === null) return this.assess();
    const decision = decide(this.state, this.plan, this.lookIsFresh);
    switch (decision.kind) {
      case 'transition':
        // What was seen before the write; before the first one there is nothing that the start has not told.
        if (this.isSparing && this.state.step >= 0) await this.publisher.publish(this.state);
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
    const { ref, isSparing } = this;
    const { plan } = this.input;
    this.state = await withFeatures(ref, plan, this.state, isSparing);
    const prepared = await (isSparing ? preparingHere : writing).prepareRollout({ ...ref, plan });
    if (prepared.kind === 'refused') {
      this.state = { ...this.state, phase: 'refused', waitingFor: null, summary: prepared.why };
      return;
    }
    this.state = afterPreparing(this.state, plan, prepared);
  }

  private async waitToStart(): Promise<void> {
    const woken = await condition(() => this.inbox.size > 0, ASSESSING_INTERVAL_MS);
    if (!woken) this.state = { ...this.state, basis: null };
  }

  /** Sleeps until the next look is due or a message comes, then renews the lease and looks. */
  private async waitAndLook(): Promise<void> {
    const overdueMs = Date.now() - this.state.nextLookAtMs;
    // Whether there is a timer must not hang on the time: a task that is tried again is replayed with the time of its last
    // attempt.
    const dueInMs = this.isSparing ? Math.max(1, -overdueMs) : -overdueMs;
    const summary = `${this.state.weight} %, waits for ${this.state.waitingFor ?? 'the next look'}`;
    if (dueInMs > 0 && (await condition(() => this.inbox.size > 0, dueInMs, { summary }))) return;
    const { ref, plan } = this;
    if (!this.isSparing) this.state = await renewLease(ref, plan, this.state);
    if (this.state.lapsedAtMs !== null) return;
    const { state, isFresh } = await (this.isSparing ? lookUnderLease : look)(ref, plan, this.state);
    this.state = state;
    if (state.lapsedAtMs !== null) return;
    this.lookIsFresh = isFresh;
    if (isFresh) this.announcer.tellLook(state);
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
    const { plan } = this;
    const { rolloutId, startedBy } = this.input;
    const actor = await this.identify(entry, workflowId, rolloutId);
    const at = new Date(Date.now()).toISOString();
    const before = this.state.intents.length;
    const message = { name: entry.name, args: entry.args, actor, at };
    const admits = isEarlyWeight(this.state, entry.name) && !patched('no-early-weight') ? admitEarlyWeight : admit;
    const { state, accepted, text } = receive(this.state, plan, startedBy, message, admits);
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
    const result = await apply(this.input, this.state, this.inbox, planned, number);
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
      const before = this.state;
      this.state = afterWrite(before, this.plan, planned, number, result.nowMs);
      this.attributor.ask(before, planned, number);
      this.state = { ...this.state, nextLookAtMs: Date.now() + this.state.lookIntervalMs };
      this.inbox.answer(planned.intent, { ...this.result(true, planned.reason), transition: number });
      this.announcer.tellWrite(this.state, planned);
      return;
    }
    this.state = afterRefusedWrite(this.state, planned, result);
    if (endedAsAsked(this.state, planned)) {
      this.inbox.answer(planned.intent, this.result(true, this.state.summary));
      return;
    }
    const text =
      result.kind === 'conflict'
        ? `the flag was edited: ${result.diff}`
        : result.kind === 'killed'
          ? `nothing was written: the environment's kill switch is on (${result.killed.text})`
          : `nothing was written; ${this.state.summary}`;
    this.inbox.answer(planned.intent, this.result(false, text));
  }

  /** The flag first, then the failure: nobody stays on a candidate whose rollout is broken. */
  private async lowerAfter(error: unknown): Promise<void> {
    const why = whyLowered(error);
    log.error(why, { rolloutId: this.input.rolloutId });
    const rescue = rescueOf(this.state, why);
    for (let landed = rescue === null; !landed && rescue !== null;) {
      try {
        await this.write(rescue);
        landed = true;
      } catch {
        await sleep('2 seconds');
      }
    }
    this.state = afterRescue(this.state, why);
  }

  private async finish(): Promise<RolloutEnd> {
    const { inbox, publisher, announcer, attributor } = this;
    const { state, end } = await finish(this.input, this.state, { inbox, publisher, announcer, attributor });
    this.state = state;
    return end;
  }

  private mayContinueAsNew(): boolean {
    const info = workflowInfo();
    const due = info.continueAsNewSuggested || info.historyLength > CONTINUE_AFTER_EVENTS;
    const isIdle = this.inbox.size === 0 && this.state.intents.length === 0 && this.attributor.isIdle;
    return due && !isTerminal(this.state.phase) && isIdle;
  }

  private result(accepted: boolean, text: string): MessageResult {
    return resultOf(this.state, accepted, text);
  }
}
