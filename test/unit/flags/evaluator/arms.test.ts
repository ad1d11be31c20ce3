import type { EvaluationContext } from '@openfeature/core';
import { referenceBucket } from '../../../vectors/reference-hash';
import vectors from '../../../vectors/experiments.json';
import type { SdkFlag } from '../../../../flags/evaluator/resolution';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';

const flags = vectors.flags as unknown as SdkFlag[];

describe('experiment vectors', () => {
  it.each(vectors.cases)('$flag: $name', ({ flag, context, leases, drawn, expect: expected }) => {
    const snapshot = compileSnapshot({ flags, segments: [] });
    if (leases === 'live') for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
    const given = context as EvaluationContext;
    expect(snapshot.evaluate(flag, 'string', 'code', given, 0)).toEqual(expected);
    expect(snapshot.resolve(flag, 'string', given, 0).served?.drawn ?? null).toBe(drawn);
  });
});

describe('the arms of an experiment', () => {
  const snapshot = compileSnapshot({ flags, segments: [] });
  for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
  const keys = Array.from({ length: 9000 }, (_, index) => `key-${index}`);

  it('are of equal size', () => {
    const counts: Record<string, number> = {};
    for (const targetingKey of keys) {
      const { variant } = snapshot.evaluate('three-arms', 'string', 'code', { targetingKey }, 0);
      counts[variant ?? ''] = (counts[variant ?? ''] ?? 0) + 1;
    }
    // A third of 9,000, within five standard deviations of 45.
    for (const variant of ['a', 'b', 'c']) expect(Math.abs((counts[variant] ?? 0) - 3000)).toBeLessThan(225);
  });

  it('of two that everybody is in, draw as a rollout of half does, for evaluators that know no arms', () => {
    const [experiment] = flags.filter(({ key }) => key === 'at-rule');
    if (experiment?.rollout === undefined) throw new Error('it carries one');
    const { arms: _, ...older } = experiment.rollout;
    const before = compileSnapshot({ flags: [{ ...experiment, rollout: older }], segments: [] });
    for (const [id, lease] of before.leases) before.setLease(id, lease.ttlMs);
    for (const targetingKey of keys.slice(0, 500)) {
      const context = { targetingKey, plan: 'x' };
      const { variant } = before.evaluate('at-rule', 'string', 'code', context, 0);
      expect(snapshot.evaluate('at-rule', 'string', 'code', context, 0).variant).toBe(variant);
      expect(variant).toBe(referenceBucket('experiment-2026', targetingKey).bucket < 50_000 ? 'b' : 'a');
    }
  });
});
