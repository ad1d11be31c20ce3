import { afterLease, afterLook, afterRefusedWrite, afterWrite } from '../../../../workflows/experiment/progress';
import { receive, refusalOf } from '../../../../workflows/experiment/receive';
import { transitionOf } from '../../../../workflows/experiment/transition';
import type { PlannedWrite } from '../../../../workflows/experiment/state';
import { givenExperimentLook, givenRunning } from '../../../support/experiment-builders';

const actor = { kind: 'token' as const, name: 'ada', verified: true };
const planned = (change: Partial<PlannedWrite>): PlannedWrite => ({
  action: 'experiment.start',
  reason: 'r',
  actor: null,
  evidence: [],
  end: null,
  conclusion: null,
  guarded: true,
  wish: null,
  ...change,
});
const ours = { standing: 'ours' as const, detail: '', conflict: null };
const killed = { sinceMs: 5, text: 'ada: the shop is down' };

describe('the state of an experiment', () => {
  it('counts time under lease, but not under the kill switch', () => {
    const { state } = givenRunning({ leasedAtMs: 1000 });
    expect(afterLease(state, { kind: 'renewed', nowMs: 4000 })).toMatchObject({ ranMs: 63_000, leasedAtMs: 4000 });
    expect(afterLease({ ...state, killed }, { kind: 'renewed', nowMs: 4000 }).ranMs).toBe(60_000);
    const lapsed = afterLease(state, { kind: 'lapsed', lapsedAtMs: 2000, nowMs: 90_000 });
    expect(lapsed).toMatchObject({ ranMs: 61_000, leasedAtMs: null, lapsedAtMs: 2000 });
    expect(afterLease(lapsed, { kind: 'missing', nowMs: 99_000 }).ranMs).toBe(61_000);
  });

  it('begins anew with a guarded write, and goes on with any other', () => {
    const { plan, state } = givenRunning({ epoch: 1, judgeFromMs: 7, lastLook: givenExperimentLook(), lapsedAtMs: 3 });
    const anew = afterWrite(state, plan, planned({ action: 'experiment.resume' }), 2, 9000);
    expect(anew).toMatchObject({ epoch: 2, ranMs: 0, lastLook: null, comparedFromMs: 9000, transition: 2 });
    expect(anew).not.toHaveProperty('judgeFromMs');
    const on = afterWrite(state, plan, planned({ action: 'experiment.lapsed', guarded: false }), 2, 9000);
    expect(on).toMatchObject({ epoch: 1, ranMs: 60_000, judgeFromMs: 7, lapsedAtMs: null, leasedAtMs: 9000 });
  });

  it('judges nothing from under a kill switch, and knows its release until that is written', () => {
    const { plan, state } = givenRunning();
    const held = afterLook(state, plan, { nowMs: 10, look: null, flag: ours, killed }, 10);
    expect(held.killed).toEqual(killed);
    const released = afterLook(held, plan, { nowMs: 20, look: null, flag: ours }, 20);
    expect(released).toMatchObject({ releasedFrom: killed, judgeFromMs: 20 });
    expect(released.killed).toBeUndefined();
    const written = afterWrite(released, plan, planned({ action: 'experiment.released', guarded: false }), 2, 30);
    expect(written).not.toHaveProperty('releasedFrom');
    expect(written.judgeFromMs).toBe(20);
  });

  it('pauses for an edit, tells of it once, and ends where somebody took the arms away', () => {
    const { plan, state } = givenRunning();
    const edited = { ...ours, conflict: 'rules changed by ada' };
    const look = givenExperimentLook();
    const paused = afterLook(state, plan, { nowMs: 10, look, flag: edited }, 10);
    expect(paused).toMatchObject({ phase: 'paused', pause: { cause: 'conflicting_edit' }, lastLook: look });
    expect(afterLook(paused, plan, { nowMs: 20, look, flag: edited }, 20).timeline).toHaveLength(1);
    const gone = { standing: 'gone' as const, detail: 'the flag was deleted', conflict: null };
    expect(afterLook(state, plan, { nowMs: 10, look, flag: gone }, 10).phase).toBe('aborted');
  });

  it('takes an end that had landed unseen for what its record says', () => {
    const { state } = givenRunning();
    const gone = { kind: 'gone' as const, why: 'no block', outcome: null, nowMs: 1 };
    const rescue = planned({ action: 'experiment.abort', end: 'aborted', guarded: false });
    const phases = (['experiment.conclude', 'experiment.stop', 'experiment.orphaned'] as const).map(
      (lastAction) => afterRefusedWrite(state, rescue, { ...gone, lastAction }).phase,
    );
    expect(phases).toEqual(['concluded', 'stopped', 'aborted']);
    expect(afterRefusedWrite(state, rescue, gone).phase).toBe('aborted');
  });

  it('looks at the flag again when that was edited before the start', () => {
    const { state } = givenRunning({ transition: 0, phase: 'assessing' });
    const conflict = { kind: 'conflict' as const, diff: 'rules', nowMs: 1 };
    expect(afterRefusedWrite(state, planned({}), conflict)).toMatchObject({ phase: 'assessing', basis: null });
  });

  it('never sleeps past its planned end by more than the shortest look', () => {
    const look = { shortest: '10s', longest: '10m' };
    const { plan, state } = givenRunning({ ranMs: 3_570_000, lookIntervalMs: 300_000 }, { look, lease: '1h' });
    const looked = (ranMs: number) =>
      afterLook({ ...state, ranMs }, plan, { nowMs: 0, look: givenExperimentLook(), flag: ours }, 0).nextLookAtMs;
    expect(looked(3_570_000)).toBe(30_000);
    expect(looked(3_599_999)).toBe(10_000);
    expect(looked(0)).toBeGreaterThan(300_000);
  });
});

describe('messages to an experiment', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const send = (state: Parameters<typeof receive>[0], name: 'pause' | 'resume' | 'conclude' | 'abort') =>
    receive(state, { name, args: {}, actor, at });

  it('fit its state, cell by cell', () => {
    const { state } = givenRunning();
    const paused = { ...state, phase: 'paused' as const, pause: { cause: 'operator' as const, text: '' } };
    const edited = { ...paused, pause: { cause: 'conflicting_edit' as const, text: '' } };
    const table = [
      { ...state, phase: 'assessing' as const },
      state,
      paused,
      edited,
      { ...state, phase: 'aborted' as const },
    ].map((one) => (['pause', 'resume', 'conclude', 'abort'] as const).map((name) => refusalOf(one, name) === null));
    expect(table).toEqual([
      [false, false, false, true],
      [true, false, true, true],
      [true, true, true, true],
      [true, true, false, true],
      [false, false, false, false],
    ]);
  });

  it('leave ends and a new beginning to the main loop, and pause and resume at once', () => {
    const { state } = givenRunning();
    const paused = send(state, 'pause').state;
    expect(paused).toMatchObject({ phase: 'paused', wishes: [] });
    expect(send(paused, 'resume').state).toMatchObject({ phase: 'running', pause: null, nextLookAtMs: 0 });
    const edited = { ...paused, pause: { cause: 'conflicting_edit' as const, text: '' } };
    expect(send(edited, 'resume')).toMatchObject({ wish: { kind: 'begin_anew' }, state: { phase: 'paused' } });
    expect(send(state, 'conclude').state.wishes).toEqual([{ kind: 'conclude', reason: '', actor }]);
  });
});

it('writes arms of equal weight with the control last, and ends by taking the block away', () => {
  const { plan, state } = givenRunning();
  const input = {
    experimentId: 'x',
    environment: 'production',
    flagKey: 'checkout',
    identity: 'i',
    plan,
    salt: 's',
    startedBy: actor,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  const start = transitionOf(input, state, planned({}), 1);
  expect(start).toMatchObject({ weight: 50, outcome: null, lowering: false, basis: state.basis });
  expect(start.start?.arms).toEqual([
    { variant: 'on', weight: 50 },
    { variant: 'off', weight: 50 },
  ]);
  const end = planned({ action: 'experiment.conclude', end: 'concluded', guarded: false });
  expect(transitionOf(input, state, end, 2)).toMatchObject({
    weight: 0,
    outcome: 'aborted',
    lowering: true,
    basis: null,
    start: null,
  });
});
