import type { LookResult } from '../../activities/rollout-activities';
import type { Actor } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import { decide } from '../../workflows/rollout/decide';
import type { Decision } from '../../workflows/rollout/decision';
import type { MessageArguments, MessageName } from '../../workflows/rollout/messages';
import { afterLease, afterLook, afterWrite } from '../../workflows/rollout/progress';
import { receive } from '../../workflows/rollout/receive';
import { initialState, type PlannedTransition, type RolloutState } from '../../workflows/rollout/state';
import { isTerminal } from '../../workflows/rollout/status';

export const alice: Actor = { kind: 'token', name: 'alice', role: 'operator', verified: true };
const basis = { fingerprint: 'f', candidateFingerprint: 'c', revision: 1 };

/** One write of the modelled rollout beside the state it was decided in. */
export interface ModelWrite {
  readonly before: RolloutState;
  readonly planned: PlannedTransition;
}

/** A look's result with the parts a test cares about. */
export function givenLook(verdict: string, change: Partial<LookResult> = {}, codes: string[] = []): LookResult {
  return {
    nowMs: 0,
    look: {
      at: new Date(0).toISOString(),
      verdict,
      reasons: codes.map((code) => ({ code, text: code })),
      metrics: [],
      harmEvidence: 0,
      dataQuality: 'ok',
      sample: { control: 1000, candidate: 1000 },
      tension: 0,
      digest: '',
    },
    flag: { standing: 'ours', detail: '', conflict: null, basis, control: 'off' },
    blackoutUntilMs: null,
    ...change,
  };
}

/** The main loop without Temporal: the same pure functions in the same order, on a clock the test turns. */
export class RolloutModel {
  state: RolloutState;
  nowMs = 1_000_000;
  readonly writes: ModelWrite[] = [];
  last: Decision | null = null;
  private fresh = false;

  constructor(readonly plan: RolloutPlan) {
    this.state = { ...initialState(plan), basis, control: 'off' };
    this.settle();
  }

  /** Decides and writes until there is nothing left but to wait. */
  settle(): void {
    for (let turn = 0; turn < 20 && !isTerminal(this.state.phase); turn += 1) {
      const decision = decide(this.state, this.plan, this.fresh);
      this.last = decision;
      if (decision.kind === 'wait') {
        this.state = { ...this.state, waitingFor: decision.waitingFor };
        return;
      }
      if (decision.kind === 'refuse') {
        this.state = { ...this.state, intents: this.state.intents.filter((intent) => intent !== decision.intent) };
        continue;
      }
      this.writes.push({ before: this.state, planned: decision.transition });
      const number = this.state.lastNumber + 1;
      this.state = afterWrite(
        { ...this.state, lastNumber: number },
        this.plan,
        decision.transition,
        number,
        this.nowMs,
      );
      this.fresh = false;
    }
  }

  /** Time passes under a renewed lease, then a look. */
  look(elapsedMs: number, result: LookResult): this {
    if (isTerminal(this.state.phase)) return this;
    this.nowMs += elapsedMs;
    this.state = afterLease(this.state, { kind: 'renewed', nowMs: this.nowMs });
    this.state = afterLook(this.state, this.plan, result, this.nowMs);
    this.fresh = true;
    this.settle();
    return this;
  }

  /** The lease was found lapsed. */
  lapse(elapsedMs: number): this {
    if (isTerminal(this.state.phase)) return this;
    this.nowMs += elapsedMs;
    this.state = afterLease(this.state, { kind: 'lapsed', lapsedAtMs: this.nowMs - 1, nowMs: this.nowMs });
    this.settle();
    return this;
  }

  /** A message arrives; answers whether it was accepted. */
  send(name: MessageName, args: MessageArguments = {}, actor: Actor = alice): boolean {
    const at = new Date(this.nowMs).toISOString();
    const { state, accepted } = receive(this.state, this.plan, alice, { name, args, actor, at });
    this.state = state;
    this.settle();
    return accepted;
  }
}
