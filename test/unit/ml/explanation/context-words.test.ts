import { CATALOGUE } from '../../../../changes/features/catalogue';
import { CONTEXT_WORDS } from '../../../../ml/explanation/context-words';
import { wordsOf } from '../../../../ml/explanation/words';

const beside = [...CATALOGUE.values()].filter(({ source }) => source !== 'change').map(({ name }) => name);

describe('words for what is known beside the change', () => {
  it('are there for each feature of the catalogue, and no other', () => {
    expect(Object.keys(CONTEXT_WORDS).sort()).toEqual([...beside].sort());
  });

  it.each([
    [
      'deployments.flagRollbackShare',
      0.25,
      0.1,
      '25 % of earlier rollouts of this flag were rolled back, more than usual',
    ],
    ['deployments.serviceEnded', 3, 8, '3 earlier rollouts of its services, no more than usual'],
    ['deployments.ownerDaysSinceLast', 1.5, 9, 'the last rollout of the same owner was not long ago (1.5 days)'],
    ['build.secondsRatio', 1.5, 1, 'the build took 1.5 times its usual time, more than usual'],
    ['system.errorRate', 0.042, 0.01, '4.2 % of requests failed before the start, more than usual'],
    ['behaviour.deviation', 4, 1, 'goal metrics were 4 deviations from usual before the start, more than usual'],
  ])('say of %s %d beside %d what it means', (feature, value, typical, words) => {
    expect(wordsOf({ feature, value, typical, logOdds: 1 })).toBe(words);
  });

  it('say what is not known', () => {
    const unknown = { value: Number.NaN, typical: 1, logOdds: 1 };
    expect(
      beside.map((feature) => wordsOf({ ...unknown, feature })).every((text) => text.endsWith(' is not known')),
    ).toBe(true);
    expect(wordsOf({ ...unknown, feature: 'system.cpu' })).toBe('the state of the systems (cpu) is not known');
  });
});
