import { ValidationError } from '../../../../core/errors';
import { parseExperiment, resolveExperiment } from '../../../../flags/experiment/resolve-experiment';

const file = {
  flag: 'checkout',
  environment: 'production',
  treatments: ['green', 'blue'],
  duration: '14d',
  metrics: [
    { name: 'buyers', kind: 'conversion_rate', event: 'order' },
    { name: 'basket', kind: 'mean_value', event: 'order', direction: 'higher_is_better', role: 'secondary' },
    { name: 'errors', kind: 'error_rate', role: 'guardrail' },
  ],
};
const issuesOf = (work: () => unknown): string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ValidationError)
      return error.issues.map(({ field, line, message }) => `${line ?? '-'} ${field}: ${message}`);
    throw error;
  }
  return [];
};

describe('an experiment as written', () => {
  it('gets every default, and equal arms on whole buckets', () => {
    const experiment = resolveExperiment(file);
    expect(experiment).toMatchObject({
      treatments: ['green', 'blue'],
      armWeight: 33.333,
      roles: { buyers: 'primary', basket: 'secondary', errors: 'guardrail' },
      falsePositiveRate: 0.05,
      falseDiscoveryRate: 0.05,
      durationMs: 14 * 86_400_000,
      minimumDurationMs: 0,
      endOnDecision: true,
      base: { flag: 'checkout', candidate: 'green', falseRollbackRate: 0.01, place: { kind: 'default' } },
    });
    expect(experiment.base.metrics.map(({ role }) => role)).toEqual(['goal', 'goal', 'guardrail']);
    expect(experiment).not.toHaveProperty('sampleSize');
    expect(resolveExperiment({ ...file, traffic: 10, treatments: ['green'] }).armWeight).toBe(5);
  });

  it('names the line and the field of what is wrong, in its own words', () => {
    const text = [
      'flag: checkout',
      'environment: production',
      'treatments: [green, green]',
      'duration: 1d',
      'minimumDuration: 2d',
      'metrics:',
      '  - { name: errors, kind: error_rate, role: guardrail }',
      '  - { name: slow, kind: slower_than, role: guardrail }',
    ].join('\n');
    const issues = issuesOf(() => parseExperiment(text));
    expect(issues).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^3 treatments\[1\]: 'green' is a treatment already/),
        expect.stringMatching(/^5 minimumDuration: is longer/),
        expect.stringMatching(/^6 metrics: an experiment has at least one primary metric/),
        expect.stringMatching(/^8 metrics\[1\]\.threshold/),
      ]),
    );
  });

  it('refuses what it does not know, and a plan of a rollout', () => {
    expect(issuesOf(() => resolveExperiment({ ...file, steps: [5, 50] }))).toEqual([expect.stringContaining('steps')]);
    expect(issuesOf(() => resolveExperiment({ ...file, falseHarmRate: 2 })).join()).toContain('falseHarmRate');
    expect(issuesOf(() => resolveExperiment({ ...file, environment: undefined })).join()).toContain('environment');
  });

  it('wants a guardrail, which alone may stop it', () => {
    const metrics = file.metrics.slice(0, 2);
    expect(issuesOf(() => resolveExperiment({ ...file, metrics }))).toEqual([
      expect.stringContaining('at least one guardrail'),
    ]);
  });
});
