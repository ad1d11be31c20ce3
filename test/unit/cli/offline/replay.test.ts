import { analyse } from '../../../../analysis/analyse';
import { replayRollout } from '../../../../cli/offline/replay-rollout';
import { answerable, replayOne, replayRates } from '../../../../cli/offline/replay-report';
import { Metric } from '../../../../flags/plan/metric';
import { givenRecordedRollout } from '../../../support/recorded-rollout';

const HARM = { harm: { plus: 0.2 }, onset: 20 };

describe('replaying a rollout', () => {
  it('rolls back a harmful one after its onset, and not a harmless one', () => {
    const bad = givenRecordedRollout(HARM, { state: 'rolled_back' });
    const replay = replayRollout(bad, bad.plan);
    expect(replay.rollbackLook).toBeGreaterThanOrEqual(20);
    expect(replay.rollbackLook).toBeLessThan(32);
    expect(replay.looks).toHaveLength((replay.rollbackLook ?? 0) + 1);
    const good = givenRecordedRollout();
    expect(replayRollout(good, good.plan).rollbackLook).toBeNull();
  });

  it('asks the judge as a live look would: weight served, next weight of the plan, bake since the last change', () => {
    const recorded = givenRecordedRollout();
    const { looks } = replayRollout(recorded, recorded.plan);
    expect(looks.map(({ weight }) => weight).filter((weight, index, all) => weight !== all[index - 1])).toEqual([
      10, 50,
    ]);
    const unbaked = looks.map(
      ({ analysis }) => analysis.reasons.find(({ code }) => code === 'BAKE_NOT_SERVED')?.numbers?.['bakedMs'],
    );
    expect(unbaked[0]).toBe(5000);
    expect(unbaked[11]).toBeUndefined();
    expect(unbaked[12]).toBe(5000);
    // The judge that looks is the one of live rollouts.
    const [first] = looks;
    const again = analyse({
      plan: recorded.plan,
      context: {
        step: 0,
        weight: 10,
        nextWeight: 50,
        transition: 1,
        stepStartedAt: Date.parse(recorded.startedAt),
        raisedAt: Date.parse(recorded.startedAt),
        bakeMs: 60_000,
        bakedMs: 5000,
        safetyEpoch: 0,
        harmEpoch: 0,
      },
      strata: first?.strata ?? [],
      state: null,
      sourceDown: false,
      nowMs: Date.parse(recorded.startedAt) + 15_000,
    });
    expect(first?.analysis).toEqual(again.analysis);
  });

  it('tells how often a policy would have been wrong and right', () => {
    const recordings = [
      givenRecordedRollout({}, { id: 'good-1' }),
      givenRecordedRollout({}, { id: 'good-2', seed: 8 }),
      givenRecordedRollout(HARM, { id: 'bad-1', state: 'rolled_back' }),
      givenRecordedRollout({}, { id: 'ended-by-people', state: 'aborted', seed: 9 }),
    ];
    const rates = replayRates(recordings.map((recorded) => replayOne(recorded, recorded.plan)));
    expect(rates).toMatchObject({ rollouts: 4, empty: 0, completed: 2, falseAlarms: 0, rolledBack: 1, detected: 1 });
    expect(rates.medianMinutesSooner).toBeGreaterThan(0);
    // A policy that bears anything detects nothing.
    const blind = recordings.map((recorded) => {
      const metrics = [Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.9 } })];
      return replayOne(recorded, { ...recorded.plan, metrics });
    });
    expect(replayRates(blind)).toMatchObject({ falseAlarms: 0, detected: 0, medianMinutesSooner: null });
  });

  it('does not judge what was not recorded, and says so', () => {
    const recorded = givenRecordedRollout();
    const metrics = [
      Metric.parse({ name: 'slow', kind: 'slower_than', threshold: 250, margin: { absolute: 0.01 } }),
      Metric.parse({ name: 'paid', kind: 'error_rate', event: 'payment', margin: { absolute: 0.01 } }),
      Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.01 } }),
    ];
    const { plan, gaps } = answerable(recorded, { ...recorded.plan, metrics });
    expect(plan.metrics.map(({ name }) => name)).toEqual(['errors']);
    expect(gaps).toEqual([
      'slow: nothing was counted above 250, but above 500',
      "paid: no event 'payment' was recorded",
    ]);
    const empty = { ...recorded, control: null, windows: [] };
    expect(replayOne(empty, empty.plan)).toMatchObject({ looks: 0, rollbackMinute: null });
    expect(replayRates([replayOne(empty, empty.plan)])).toMatchObject({ empty: 1, completed: 0 });
  });
});
