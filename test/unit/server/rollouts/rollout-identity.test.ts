import { randomBytes } from 'node:crypto';
import { flagKeyOf, newRolloutId, rolloutIdentity } from '../../../../server/rollouts/rollout-identity';
import { givenPlan } from '../../../support/flag-builders';

describe('rolloutIdentity', () => {
  const plan = givenPlan({ change: { id: 'abc', title: 'one' } });

  it('is the same for the same environment, flag, plan and change id, whatever the order of fields', () => {
    const reordered = Object.fromEntries(Object.entries(plan).reverse()) as typeof plan;

    expect(rolloutIdentity(reordered)).toBe(rolloutIdentity(plan));
    expect(rolloutIdentity({ ...plan, change: { id: 'abc', title: 'another' } })).toBe(rolloutIdentity(plan));
  });

  it.each([
    ['environment', { environment: 'staging' }],
    ['flag', { flag: 'other' }],
    ['candidate', { candidate: 'other' }],
    ['change id', { change: { id: 'def' } }],
    ['no change', { change: undefined }],
  ])('differs by %s', (_what, change) => {
    expect(rolloutIdentity({ ...plan, ...change })).not.toBe(rolloutIdentity(plan));
  });
});

describe('newRolloutId', () => {
  it('is readable, unique, and tells its flag', () => {
    const ids = Array.from({ length: 500 }, () => newRolloutId('check-out.v2', randomBytes));

    expect(new Set(ids).size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^check-out\.v2-[a-hj-km-np-z2-9]{8}$/);
    expect(flagKeyOf(ids[0] ?? '')).toBe('check-out.v2');
    expect(flagKeyOf('check-out')).toBeNull();
  });

  it('draws again for bytes that would make some characters likelier', () => {
    const draws = [new Uint8Array(8).fill(255), new Uint8Array(8).fill(0)];

    expect(newRolloutId('x', () => draws.shift() ?? new Uint8Array(8))).toBe('x-aaaaaaaa');
  });
});
