import { conclude } from '../../../../workflows/experiment/conclude';
import { decide } from '../../../../workflows/experiment/decide';
import type { Wish } from '../../../../workflows/experiment/state';
import { givenExperimentLook, givenRunning } from '../../../support/experiment-builders';

const actor = { kind: 'token' as const, name: 'ada', verified: true };
const wish = (kind: Wish['kind']): Wish => ({ kind, reason: 'enough', actor });
const killed = { sinceMs: 0, text: 'ada: the shop is down' };
const hour = 3_600_000;

/** What is decided, in a few words. */
function decided(...[change, file, fresh = true]: [...Parameters<typeof givenRunning>, boolean?]): string {
  const { plan, state } = givenRunning(change, file);
  const decision = decide(state, plan, fresh);
  if (decision.kind !== 'write') return `${decision.kind}${decision.kind === 'wait' ? ` ${decision.waitingFor}` : ''}`;
  const { action, conclusion } = decision.write;
  return `${action}${conclusion === null ? '' : ` ${conclusion.kind}`}`;
}

describe('what an experiment does next', () => {
  it('runs until its duration is over, and concludes on a fresh look only', () => {
    const lastLook = givenExperimentLook();
    expect(decided({ lastLook })).toBe('wait null');
    expect(decided({ lastLook, ranMs: hour - 1 })).toBe('wait null');
    expect(decided({ lastLook, ranMs: hour }, {}, false)).toBe('wait null');
    expect(decided({ lastLook, ranMs: hour })).toBe('experiment.conclude no_difference');
  });

  it('ends on a decision where the plan wants that, and not before its shortest duration', () => {
    const lastLook = givenExperimentLook({ decided: true, winners: ['on'] });
    expect(decided({ lastLook })).toBe('experiment.conclude winner');
    expect(decided({ lastLook }, { endOnDecision: false })).toBe('wait null');
    expect(decided({ lastLook }, { minimumDuration: '10m' })).toBe('wait null');
    expect(decided({ lastLook, ranMs: 600_000 }, { minimumDuration: '10m' })).toBe('experiment.conclude winner');
  });

  it('ends once every arm has the sample that the plan asks for', () => {
    expect(decided({ lastLook: givenExperimentLook({ sample: 999 }) }, { sampleSize: 1000 })).toBe('wait null');
    const lastLook = givenExperimentLook({ sample: 1000 });
    expect(decided({ lastLook }, { sampleSize: 1000 })).toBe('experiment.conclude no_difference');
  });

  it('stops for harm before anything that people or the plan want, but for an abort', () => {
    const lastLook = givenExperimentLook({ harmed: ['on'], winners: ['on'], decided: true });
    expect(decided({ lastLook })).toBe('experiment.stop harm');
    expect(decided({ lastLook, phase: 'paused', wishes: [wish('conclude')] })).toBe('experiment.stop harm');
    expect(decided({ lastLook, wishes: [wish('abort')] })).toBe('experiment.abort');
    expect(decided({ lastLook }, { endOnDecision: false }, false)).toBe('wait null');
  });

  it('does not end by its plan while paused, and does when a person concludes it', () => {
    const lastLook = givenExperimentLook();
    const paused = { phase: 'paused' as const, lastLook, ranMs: hour };
    expect(decided(paused)).toBe('wait operator');
    expect(decided({ ...paused, wishes: [wish('conclude')] })).toBe('experiment.conclude no_difference');
    expect(decided({ lastLook, wishes: [wish('conclude')] })).toBe('experiment.conclude inconclusive');
    expect(decided({ lastLook: null, wishes: [wish('conclude')] })).toBe('experiment.conclude inconclusive');
  });

  it('records a lapse first, holds under the kill switch, and records its release', () => {
    const lastLook = givenExperimentLook({ harmed: ['on'] });
    expect(decided({ lastLook, lapsedAtMs: 1, killed })).toBe('experiment.lapsed');
    expect(decided({ lastLook, killed })).toBe('wait kill_switch');
    expect(decided({ lastLook, killed, wishes: [wish('conclude')] })).toBe('refuse');
    expect(decided({ lastLook, killed, wishes: [wish('abort')] })).toBe('experiment.abort');
    expect(decided({ lastLook, releasedFrom: killed })).toBe('experiment.released');
  });

  it('starts guarded by what the flag looked like, waits for a kill switch, and withdraws without a write', () => {
    const assessing = { phase: 'assessing' as const, transition: 0, lastNumber: 0 };
    expect(decided(assessing)).toBe('experiment.start');
    const { plan, state } = givenRunning(assessing);
    expect(decide(state, plan, false)).toMatchObject({ write: { guarded: true, end: null } });
    expect(decided({ ...assessing, killed })).toBe('wait kill_switch');
    expect(decided({ ...assessing, wishes: [wish('abort')] })).toBe('withdraw');
  });

  it('keeps what decided, harm first, within the forty that a record holds', () => {
    const effect = { control: 1, treatment: 2, effect: 1, lower: null, upper: 3, evidence: 9 };
    const effects = Array.from({ length: 12 }, (_, index) => ({
      ...effect,
      metric: `m${index}`,
      role: 'primary' as const,
      conclusion: 'better' as const,
    }));
    const arms = ['a', 'b', 'c', 'd'].map((variant) => {
      return { variant, effects, harmEvidence: 1, guardrail: 'errors', harmed: false, doubts: [] };
    });
    const lastLook = { ...givenExperimentLook({ decided: true, winners: ['on'] }), arms };
    const { plan, state } = givenRunning({ lastLook });
    const decision = decide(state, plan, true);
    if (decision.kind !== 'write') throw new Error(decision.kind);
    const { evidence } = decision.write;
    expect(evidence).toHaveLength(40);
    expect(evidence.slice(0, 5).map(({ code }) => code)).toEqual([...arms.map(() => 'GUARDRAILS'), 'EFFECT_BETTER']);
    expect(evidence[4]?.numbers).toEqual({ effect: 1, upper: 3, control: 1, treatment: 2, evidence: 9 });
  });
});

describe('what an experiment comes to', () => {
  const kind = (change: Parameters<typeof givenExperimentLook>[0], asked: 'planned' | 'early' = 'planned') =>
    conclude(givenExperimentLook(change), ['a', 'b'], asked).kind;

  it('says what is shown, whenever it is asked', () => {
    expect(conclude(givenExperimentLook({ winners: ['b', 'a'] }), ['a', 'b'], 'early')).toMatchObject({
      kind: 'winner',
      winners: ['a', 'b'],
    });
    expect(kind({ winners: ['a'], losers: ['b'] })).toBe('winner');
    expect(kind({ losers: ['b'] }, 'early')).toBe('control');
    expect(kind({ losers: ['b'], mixed: ['a'] })).toBe('mixed');
    expect(kind({ winners: ['a'], harmed: ['b'] })).toBe('harm');
  });

  it('takes a missing difference for one only where it ran as planned, had data, and nothing is in doubt', () => {
    expect(kind({})).toBe('no_difference');
    expect(kind({}, 'early')).toBe('inconclusive');
    expect(kind({ sample: 0 })).toBe('inconclusive');
    expect(kind({ doubts: ['a: too few of them'] })).toBe('inconclusive');
    expect(conclude(null, ['a'], 'planned').kind).toBe('inconclusive');
  });
});
