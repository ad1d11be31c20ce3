import { afterRefusedWrite } from '../../../workflows/rollout/progress';
import { givenPlan } from '../../support/flag-builders';
import { givenLook, RolloutModel } from '../../support/rollout-model';

const minute = 60_000;
const killed = { sinceMs: 1_000_000, text: 'ada: the shop is down' };
const promote = givenLook('promote', {}, ['SAFETY_SHOWN']);
const rollback = givenLook('rollback', {}, ['NO_DATA_DEADLINE']);
const under = { ...givenLook('hold', { killed }, ['KILL_SWITCH']), nowMs: 2_000_000 };
const released = { ...givenLook('hold', {}, ['KILL_SWITCH']), nowMs: 3_000_000 };

describe('a rollout under the kill switch', () => {
  it('holds for as long as it takes, without a raise, a narrowing or a rollback', () => {
    const model = new RolloutModel(givenPlan({ onInconclusive: 'roll_back' })).look(1, promote);
    for (let look = 0; look < 50; look += 1) model.look(10 * minute, under);
    model.look(minute, { ...rollback, killed });
    model.look(minute, { ...promote, killed });
    expect(model.state).toMatchObject({ phase: 'progressing', weight: 10, waitingFor: 'kill_switch' });
    expect(model.writes.map(({ planned }) => planned.action)).toEqual(['rollout.start']);
    // What was judged last stays to be seen.
    expect(model.state.lastLook?.verdict).toBe('promote');
  });

  it('goes on at its weight under a new transition, bakes anew, and judges nothing from before', () => {
    const model = new RolloutModel(givenPlan()).look(minute / 2, promote).look(100 * minute, under);
    const { safetyEpoch, harmEpoch, lastNumber } = model.state;
    model.look(minute, released);
    expect(model.writes.at(-1)?.planned).toMatchObject({ action: 'rollout.released', weight: 10, lowering: true });
    expect(model.state).toMatchObject({
      phase: 'progressing',
      weight: 10,
      transition: lastNumber + 1,
      bakedMs: 0,
      judgeFromMs: 3_000_000,
      safetyEpoch: safetyEpoch + 1,
      harmEpoch,
    });
    expect(model.state.killed).toBeUndefined();
    expect(model.state.releasedFrom).toBeUndefined();
    model.look(minute / 2, promote);
    expect(model.state.weight).toBe(10);
    model.look(minute, promote);
    expect(model.state.weight).toBe(50);
  });

  it('obeys what serves fewer, and refuses what serves more, forced or not', () => {
    const model = new RolloutModel(givenPlan()).look(1, promote).look(minute, under);
    const writes = model.writes.length;
    model.send('promote', { force: true, reason: 'now' });
    model.send('setWeight', { weight: 30 });
    expect(model.writes).toHaveLength(writes);
    model.send('setWeight', { weight: 5 });
    model.send('exclude', { segment: 'eu' });
    expect(model.state).toMatchObject({ weight: 5, excludedSegments: ['eu'], waitingFor: 'kill_switch' });
    model.send('abort', { reason: 'enough' });
    expect(model.state.phase).toBe('aborted');
  });

  it('stays paused over it when a person had paused it', () => {
    const model = new RolloutModel(givenPlan()).look(1, promote);
    model.send('pause', { reason: 'lunch' });
    model.look(minute, under).look(minute, released);
    expect(model.state).toMatchObject({ phase: 'paused', waitingFor: 'operator', weight: 10 });
  });

  it('holds when a raise meets it first', () => {
    const model = new RolloutModel(givenPlan()).look(1, promote);
    const planned = model.writes[0]?.planned;
    if (planned === undefined) throw new Error('it has started');
    model.state = afterRefusedWrite(model.state, planned, { kind: 'killed', killed, nowMs: model.nowMs });
    model.settle();
    expect(model.last).toMatchObject({ kind: 'wait', waitingFor: 'kill_switch' });
  });
});
