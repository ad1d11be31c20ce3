import {
  allHandlersFinished,
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
import type { Actor } from '../../flags/document/decision-record';
import { leasing, writing } from '../rollout/activity-options';
import { handleMessages } from '../rollout/handle-messages';
import { Inbox, type InboxEntry } from '../rollout/inbox';
import { asFailure, messageOfCause, rethrowUnlessOutage } from '../rollout/run-failures';
import { REMEMBERED_MESSAGES } from '../rollout/state';
import { preparing, tidying } from './activity-options';
import { decide } from './decide';
import {
  ExperimentMessage,
  experimentSignals,
  experimentStatusQuery,
  experimentUpdates,
  type ExperimentInput,
  type ExperimentMessageResult,
} from './messages';
import { lookOnce } from './look';
import { afterPreparing, afterRefusedWrite, afterWrite } from './progress';
import { ExperimentPublisher } from './publisher';
import { receive, refusalOf } from './receive';
import { transitionOf } from './transition';
import { initialState, withLine, withoutWish, type ExperimentState, type PlannedWrite, type Wish } from './state';
import { isExperimentEnd, type ExperimentConclusion, type ExperimentOutcome } from './status';

/** What an experiment workflow returns. */
export interface ExperimentEnd {
  readonly outcome: ExperimentOutcome;
  readonly summary: string;
  readonly conclusion: ExperimentConclusion | null;
}

type Entry = InboxEntry<ExperimentMessage, Wish, ExperimentMessageResult>;

/** While a kill switch holds the start, the flag is looked at again this often. */
const ASSESSING_INTERVAL_MS = 30_000;
/** As with rollouts: a short history replays quickly after a crash. */
const CONTINUE_AFTER_EVENTS = 2_000;

/** One run of the experiment workflow: the main loop and the only caller of activities that write. */
export class ExperimentRun {
  private state: ExperimentState;
  private readonly inbox = new Inbox<ExperimentMessage, Wish, ExperimentMessageResult>();
  private readonly publisher: ExperimentPublisher;
  private readonly ref: { readonly rolloutId: string; readonly environment: string; readonly flagKey: string };
  /** Whether the last look came after the last write. */
  private lookIsFresh = false;

  constructor(private readonly input: ExperimentInput) {
    const { experimentId: rolloutId, environment, flagKey } = input;
    this.state = input.state ?? initialState(input.plan);
    this.ref = { rolloutId, environment, flagKey };
    this.publisher = new ExperimentPublisher(input);
    this.registerHandlers();
  }

  /** Runs to the end, or to the next run of the same experiment. Whatever goes wrong, the arms are taken off the flag first. */
  async execute(): Promise<ExperimentEnd> {
    try {
      while (!isExperimentEnd(this.state.phase)) {
        await this.advance();
        await this.publisher.publish(this.state);
        if (this.mayContinueAsNew()) {
          await condition(allHandlersFinished);
          if (this.inbox.size === 0) {
            const next = { ...this.input, state: this.state };
            await continueAsNew<(input: ExperimentInput) => Promise<unknown>>(next);
          }
        }
      }
    } catch (error) {
      if (error instanceof ContinueAsNew) throw error;
      await CancellationScope.nonCancellable(async () => {
        await this.endAfter(error);
        if (isCancellation(error)) return;
        await this.finish();
        throw asFailure(error);
      });
    }
    return CancellationScope.nonCancellable(() => this.finish());
  }

  private registerHandlers(): void {
    setHandler(experimentStatusQuery, () => this.publisher.status(this.state));
    handleMessages(this.inbox, {
      names: Object.values(ExperimentMessage),
      signals: experimentSignals,
      updates: experimentUpdates,
      refusalOf: (name) => refusalOf(this.state, name),
    });
  }

  /** One turn of the main loop: take messages, then write, or wait and look. */
  private async advance(): Promise<void> {
    for (let entry = this.inbox.take(); entry !== undefined; entry = this.inbox.take()) await this.take(entry);
    // An abort needs no look at the flag.
    if (this.state.basis === null && this.state.wishes.length === 0) return this.assess();
    const decision = decide(this.state, this.input.plan, this.lookIsFresh);
    switch (decision.kind) {
      case 'write':
        return this.write(decision.write);
      case 'begin_anew':
        return this.beginAnew(decision.wish);
      case 'withdraw':
        return this.withdraw(decision.wish);
      case 'refuse':
        return this.refuse(decision.wish, decision.text);
      case 'wait': {
        const { waitingFor, summary } = decision;
        this.state = { ...this.state, waitingFor, summary };
        await this.publisher.publish(this.state);
        return this.state.transition === 0 ? this.waitToStart() : this.waitAndLook();
      }
    }
  }

  private async assess(): Promise<void> {
    const prepared = await preparing.prepareExperiment({ ...this.ref, plan: this.input.plan });
    this.state =
      prepared.kind === 'refused'
        ? { ...this.state, phase: 'refused', waitingFor: null, summary: prepared.why }
        : afterPreparing(this.state, prepared);
  }

  /** A person takes an edited flag as it is: evidence, sample and time begin anew, if it can still carry the experiment. */
  private async beginAnew(wish: Wish): Promise<void> {
    const prepared = await preparing.prepareExperiment({ ...this.ref, plan: this.input.plan });
    if (prepared.kind === 'refused') return this.refuse(wish, `the flag cannot carry it any more: ${prepared.why}`);
    this.state = afterPreparing(this.state, prepared);
    await this.write({
      action: 'experiment.resume',
      reason: `begins anew with the edited flag, by ${wish.actor.name}${wish.reason === '' ? '' : `: ${wish.reason}`}`,
      actor: wish.actor,
      evidence: [],
      end: null,
      conclusion: null,
      guarded: true,
      wish,
    });
  }

  private withdraw(wish: Wish): void {
    const summary = `aborted before the start${wish.reason === '' ? '' : `: ${wish.reason}`}`;
    this.state = { ...withoutWish(this.state, wish), phase: 'aborted', waitingFor: null, summary };
    this.inbox.answer(wish, this.result(true, summary));
  }

  private refuse(wish: Wish, text: string): void {
    this.state = withoutWish(this.state, wish);
    this.inbox.answer(wish, this.result(false, text));
  }

  private async waitToStart(): Promise<void> {
    const isWoken = await condition(() => this.inbox.size > 0, ASSESSING_INTERVAL_MS);
    if (!isWoken) this.state = { ...this.state, basis: null };
  }

  /** Sleeps until the next look is due or a message comes, then renews the lease and looks. */
  private async waitAndLook(): Promise<void> {
    const dueInMs = this.state.nextLookAtMs - Date.now();
    const summary = this.state.summary.slice(0, 200);
    if (dueInMs > 0 && (await condition(() => this.inbox.size > 0, dueInMs, { summary }))) return;
    const looked = await lookOnce(this.ref, this.input.plan, this.state);
    this.state = looked.state;
    this.lookIsFresh = looked.isFresh;
  }

  private async take(entry: Entry): Promise<void> {
    if (this.state.seenMessages.includes(entry.id)) {
      entry.result = this.result(true, 'this message was already taken');
      return;
    }
    const actor = await this.identify(entry);
    const { name, args } = entry;
    const taken = receive(this.state, { name, args, actor, at: new Date(Date.now()).toISOString() });
    const seenMessages = [...taken.state.seenMessages, entry.id].slice(-REMEMBERED_MESSAGES);
    this.state = { ...taken.state, seenMessages };
    if (taken.wish === null) {
      entry.result = this.result(taken.accepted, taken.text);
      return;
    }
    entry.intent = taken.wish;
    this.inbox.await(entry);
  }

  /**
   * Who sent it. When signatures cannot be checked it counts as unverified, and is obeyed: every message lowers, or
   * only waits.
   */
  private async identify({ name, args }: Entry): Promise<Actor> {
    try {
      const { workflowId } = workflowInfo();
      return await leasing.identifySender({ workflowId, rolloutId: this.ref.rolloutId, name, args });
    } catch (error) {
      rethrowUnlessOutage(error);
      return { kind: 'unverified', name: args.actor?.name ?? 'unknown', verified: false };
    }
  }

  private async write(planned: PlannedWrite): Promise<void> {
    const number = this.state.lastNumber + 1;
    this.state = { ...this.state, lastNumber: number };
    const request = transitionOf(this.input, this.state, planned, number);
    const summary = `#${number} ${planned.action.replace('experiment.', '')}`;
    const result = await writing.applyTransition.executeWithOptions({ summary }, [request]);
    this.lookIsFresh = false;
    if (result.kind === 'applied' || result.kind === 'already') {
      this.state = afterWrite(this.state, this.input.plan, planned, number, result.nowMs);
      this.state = { ...this.state, nextLookAtMs: Date.now() + this.state.lookIntervalMs };
      const answer = { ...this.result(true, planned.reason), transition: number };
      this.inbox.answer(planned.wish, answer);
      return;
    }
    this.state = afterRefusedWrite(this.state, planned, result);
    const text = result.kind === 'conflict' ? `the flag was edited: ${result.diff}` : this.state.summary;
    // Before its start there is nothing to take off the flag: aborted it is all the same.
    const isDone = planned.wish?.kind === 'abort' && this.state.phase === 'aborted';
    this.inbox.answer(planned.wish, this.result(isDone, `nothing was written; ${text}`));
  }

  /** The flag first, then the failure: nobody stays on an arm of a broken experiment. */
  private async endAfter(error: unknown): Promise<void> {
    const why = isCancellation(error)
      ? 'the workflow was cancelled'
      : `the experiment failed: ${messageOfCause(error)}`;
    log.error(why, { experimentId: this.ref.rolloutId });
    for (let landed = this.state.lastNumber === 0 || isExperimentEnd(this.state.phase); !landed;) {
      try {
        const reason = why.slice(0, 500);
        const rescue = { evidence: [], actor: null, conclusion: null, guarded: false, wish: null };
        await this.write({ ...rescue, action: 'experiment.abort', reason, end: 'aborted' });
        landed = isExperimentEnd(this.state.phase);
      } catch {
        await sleep('2 seconds');
      }
    }
    const phase = isExperimentEnd(this.state.phase) ? this.state.phase : 'aborted';
    this.state = { ...this.state, phase, waitingFor: null, summary: why };
  }

  /** Proves the end on the flag itself, answers who still waits, tells people, and tidies. */
  private async finish(): Promise<ExperimentEnd> {
    const outcome = this.state.phase as ExperimentOutcome;
    const { treatments, base } = this.input.plan;
    if (outcome !== 'refused') {
      const end = { ...this.ref, outcome: 'aborted' as const, candidate: base.candidate };
      const text = await writing.verifyEnd(end);
      const line = { at: new Date(Date.now()).toISOString(), what: 'verified', text };
      this.state = withLine(this.state, line);
    }
    this.inbox.close(this.result(false, `the experiment has ended: ${outcome}`));
    await this.publisher.publish(this.state);
    const told = this.publisher.tellEnd(this.state);
    if (outcome !== 'refused') {
      await tidying
        .cleanUpExperiment({ ...this.ref, control: this.state.control, treatments })
        .catch((error: unknown) => log.warn('tidying was given up', { why: messageOfCause(error) }));
    }
    await told;
    await condition(allHandlersFinished);
    return { outcome, summary: this.state.summary, conclusion: this.state.conclusion };
  }

  private mayContinueAsNew(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const isDue = continueAsNewSuggested || historyLength > CONTINUE_AFTER_EVENTS;
    const isIdle = this.inbox.size === 0 && this.state.wishes.length === 0;
    return isDue && isIdle && !isExperimentEnd(this.state.phase);
  }

  private result(accepted: boolean, text: string): ExperimentMessageResult {
    return { accepted, text, state: this.state.phase };
  }
}
