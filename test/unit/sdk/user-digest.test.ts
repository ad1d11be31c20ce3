import { createHash } from 'node:crypto';
import { userDigest } from '../../../flags/evaluator/user-digest';
import { MetricEvent } from '../../../metrics/events';
import { decodeExposures, encodeExposures } from '../../../sdk/src/exposure-token';
import { ExposureMap, type Exposure } from '../../../sdk/src/exposures';
import { exposureEvent, outcomeEvent } from '../../../sdk/src/outcome';

const ANA = 'ana@example.org';

function givenExposure(change: { rollout?: string; transition?: number; perUser?: boolean } = {}): Exposure {
  const map = new ExposureMap({ maxEntries: 10, maxAgeMs: 60_000 });
  const served = { flag: 'f', rollout: 'r1', transition: 1, variant: 'on', windowMs: 10_000, drawn: true, ...change };
  return map.add(ANA, served, 1_800_000_000_000, []);
}

describe('a user in events', () => {
  it('is named by a digest where the rollout has metrics per user, and else not at all', () => {
    expect(exposureEvent(givenExposure())).not.toHaveProperty('user');
    const exposure = givenExposure({ perUser: true });
    const event = exposureEvent(exposure);
    // By hand: the first 16 bytes of SHA-256 over purpose, rollout and key.
    const whole = createHash('sha256').update('headgate-user\0r1\0ana@example.org').digest();
    expect(event.user).toBe(whole.subarray(0, 16).toString('base64url'));
    expect(outcomeEvent('order', {}, exposure).user).toBe(event.user);
    for (const sent of [event, outcomeEvent('order', {}, exposure)]) {
      expect(MetricEvent.parse(sent)).toEqual(sent);
      expect(JSON.stringify(sent)).not.toContain(ANA);
    }
  });

  it('is the same under each transition, and another in each rollout', () => {
    const one = givenExposure({ perUser: true }).user;
    expect(givenExposure({ perUser: true, transition: 2 }).user).toBe(one);
    expect(givenExposure({ perUser: true, rollout: 'r2' }).user).not.toBe(one);
    expect(userDigest('r1', 'ben')).not.toBe(one);
  });

  it('goes to other processes in the exposure token, whose shape is checked', () => {
    const exposure = givenExposure({ perUser: true });
    const token = encodeExposures([exposure]);
    expect(decodeExposures(token)?.[0]?.user).toBe(exposure.user);
    expect(Buffer.from(token, 'base64url').toString()).not.toContain(ANA);
    expect(decodeExposures(encodeExposures([{ ...exposure, user: ANA }]))).toBeUndefined();
    expect(decodeExposures(encodeExposures([givenExposure()]))?.[0]).not.toHaveProperty('user');
  });
});
