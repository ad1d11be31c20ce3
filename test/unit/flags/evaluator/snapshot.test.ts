import type { EvaluationContext } from '@openfeature/core';
import fc from 'fast-check';
import { rolloutBlock, sdkFlag } from '../../../support/sdk-flags';
import type { Condition } from '../../../../flags/document/condition';
import type { RolloutBlock } from '../../../../flags/document/rollout-block';
import type { SdkFlag, SdkSegment } from '../../../../flags/evaluator/resolution';
import { compileSnapshot, matchedSegments, notReady, withDefault } from '../../../../flags/evaluator/snapshot';

const segment = (key: string, condition: Condition, revision = 1): SdkSegment => ({ key, if: condition, revision });
const staff = segment('staff', { attribute: 'staff', operator: 'equals', value: true });

function given(flags: SdkFlag[], segments: SdkSegment[] = []) {
  const snapshot = compileSnapshot({ flags, segments });
  for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
  return snapshot;
}

const served = (block: Partial<RolloutBlock>, targetingKey: string): unknown =>
  given([sdkFlag('f', { rollout: rolloutBlock(block) })]).evaluate('f', 'boolean', null, { targetingKey }, 0).value;

describe('a rollout', () => {
  it('never takes a user out when its weight is raised', () => {
    const weight = fc.integer({ min: 0, max: 100_000 }).map((n) => n / 1000);
    fc.assert(
      fc.property(weight, weight, fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b, salt, key) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        return served({ weight: low, salt }, key) !== true || served({ weight: high, salt }, key) === true;
      }),
    );
  });

  it('serves nobody at 0 and everybody at 100', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        (key) => served({ weight: 0 }, key) === false && served({ weight: 100 }, key) === true,
      ),
    );
  });

  it('draws by its own salt, not by flag, environment, transition or context', () => {
    const flag = sdkFlag('other', {
      _id: 'prod/other',
      environment: 'prod',
      salt: 'elsewhere',
      rollout: rolloutBlock({ transition: 9 }),
    });
    const other = given([flag]);
    for (let user = 0; user < 500; user += 1) {
      const context = { targetingKey: `user-${user}`, country: 'DE' };
      expect(other.evaluate('other', 'boolean', null, context, 5).value).toBe(served({}, `user-${user}`));
    }
  });

  it('marks drawn users as exposed, and nobody else', () => {
    const block = rolloutBlock({ excludedSegments: ['staff'] });
    const snapshot = given([sdkFlag('f', { rollout: block })], [staff]);
    const drawn = (context: object, at = 0) => snapshot.resolve('f', 'boolean', { ...context }, at).served?.drawn;
    expect(drawn({ targetingKey: 'u' })).toBe(true);
    expect(drawn({ targetingKey: 'u', staff: true })).toBe(false);
    expect(drawn({})).toBe(false);
    expect(drawn({ targetingKey: 'u' }, block.leaseMs)).toBe(false);
  });

  it('does nothing while its flag is disabled or lacks a prerequisite', () => {
    const rollout = rolloutBlock({ weight: 100 });
    const snapshot = given([
      sdkFlag('off', { enabled: false, rollout }),
      sdkFlag('bound', { prerequisites: [{ flag: 'off', variants: ['on'] }], rollout: { ...rollout, id: 'r2' } }),
    ]);
    for (const key of ['off', 'bound']) {
      const { details, served: by } = snapshot.resolve(key, 'boolean', { targetingKey: 'u' }, 0);
      expect([details.value, details.reason, by]).toEqual([false, 'DISABLED', undefined]);
    }
  });
});

describe('a lease', () => {
  const users = Array.from({ length: 2000 }, (_, user) => `user-${user}`);
  const lapsedAt = (ms: number): number => {
    const snapshot = given([sdkFlag('f', { rollout: rolloutBlock({ weight: 100, leaseMs: 100_000 }) })]);
    return users.filter((targetingKey) => snapshot.evaluate('f', 'boolean', null, { targetingKey }, ms).value === false)
      .length;
  };

  it('holds for all until its last tenth, then lapses key by key, and for all at its end', () => {
    expect(lapsedAt(90_000)).toBe(0);
    for (const share of [0.25, 0.5, 0.75]) {
      const expected = users.length * share;
      expect(Math.abs(lapsedAt(90_000 + 10_000 * share) - expected)).toBeLessThan(
        4 * Math.sqrt(users.length * share * (1 - share)),
      );
    }
    expect(lapsedAt(100_000)).toBe(users.length);
  });

  it('lapses a key once: never back and forth', () => {
    const snapshot = given([sdkFlag('f', { rollout: rolloutBlock({ weight: 100, leaseMs: 1000 }) })]);
    for (const targetingKey of users.slice(0, 50)) {
      let before: unknown = true;
      for (let ms = 850; ms <= 1050; ms += 5) {
        const { value } = snapshot.evaluate('f', 'boolean', null, { targetingKey }, ms);
        expect(before === false && value === true).toBe(false);
        before = value;
      }
    }
  });

  it('is absent until granted, and is renewed without compiling', () => {
    const snapshot = compileSnapshot({
      flags: [sdkFlag('f', { rollout: rolloutBlock({ weight: 100 }) })],
      segments: [],
    });
    const evaluate = (ms: number) => snapshot.evaluate('f', 'boolean', null, { targetingKey: 'u' }, ms);
    expect(evaluate(0)).toMatchObject({ value: false, reason: 'SPLIT', flagMetadata: { leaseLapsed: true } });
    snapshot.setLease('r1', 300_000);
    expect(evaluate(0).value).toBe(true);
    expect(evaluate(300_001).value).toBe(false);
    snapshot.setLease('r1', 600_000);
    expect(evaluate(300_001).value).toBe(true);
    snapshot.setLease('unknown', 1);
  });

  it('goes on with its rollout when the flag is compiled again, and does not pass to another rollout', () => {
    const flag = sdkFlag('f', { rollout: rolloutBlock({ weight: 100 }) });
    const first = given([flag]);
    const raised = { ...flag, revision: 2, rollout: rolloutBlock({ weight: 100, transition: 2 }) };
    const second = compileSnapshot({ flags: [raised], segments: [] }, first);
    expect(second.evaluate('f', 'boolean', null, { targetingKey: 'u' }, 0).value).toBe(true);
    const next = { ...flag, revision: 3, rollout: rolloutBlock({ weight: 100, id: 'r2' }) };
    const third = compileSnapshot({ flags: [next], segments: [] }, second);
    expect(third.evaluate('f', 'boolean', null, { targetingKey: 'u' }, 0).value).toBe(false);
  });
});

describe('evaluation', () => {
  const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      fc.record({
        attribute: fc.constantFrom('a', 'b.c', '__proto__', 'constructor.name', 'toString', 'targetingKey', 'a.'),
        operator: fc.constantFrom(
          ...([
            'equals',
            'in',
            'not_in',
            'contains',
            'starts_with',
            'ends_with',
            'less_than',
            'before',
            'after',
            'exists',
          ] as const),
        ),
        value: fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.array(fc.string()), fc.constant('2026-01-01')),
      }),
      fc.constantFrom({ segment: 'staff' }, { segment: 'nowhere' }),
      fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie('condition') }),
    ),
  })).condition;
  const context = fc.oneof(
    fc.object({
      key: fc.constantFrom('a', 'b', 'c', 'staff', 'targetingKey', '__proto__'),
      withDate: true,
      withNullPrototype: true,
      withBigInt: true,
      withMap: true,
    }),
    fc.record({ targetingKey: fc.anything(), a: fc.anything(), b: fc.record({ c: fc.anything() }) }),
  );

  it('never throws and always answers the flag type or the default, for any condition and context', () => {
    fc.assert(
      fc.property(condition, context, fc.boolean(), (when, input, isLive) => {
        const rules = [
          {
            name: 'r',
            if: when,
            serve: {
              split: [
                { variant: 'on', weight: 50 },
                { variant: 'off', weight: 50 },
              ],
            },
          },
        ];
        const rollout = isLive ? rolloutBlock({ excludedSegments: ['staff'] }) : undefined;
        const snapshot = given([sdkFlag('f', { rules, rollout })], [staff, segment('x', when)]);
        const { value, errorCode } = snapshot.evaluate<unknown>(
          'f',
          'boolean',
          'default',
          input as EvaluationContext,
          0,
        );
        expect(errorCode === undefined ? typeof value : value).toBe(errorCode === undefined ? 'boolean' : 'default');
      }),
    );
  });

  it('answers with an error when the context itself throws', () => {
    const hostile = {
      get staff(): boolean {
        throw new Error('no');
      },
    };
    const snapshot = given(
      [sdkFlag('f', { rules: [{ name: 's', if: { segment: 'staff' }, serve: { variant: 'on' } }] })],
      [staff],
    );
    expect(snapshot.evaluate('f', 'boolean', true, hostile, 0)).toMatchObject({
      value: true,
      errorCode: 'INVALID_CONTEXT',
    });
    expect(matchedSegments(snapshot, 'f', hostile)).toEqual([]);
  });

  it('does not take inherited members for attributes', () => {
    const rules = ['toString', 'constructor.name', '__proto__'].map((attribute, at) => ({
      name: `r${at}`,
      if: { attribute, operator: 'exists' as const, value: true },
      serve: { variant: 'on' },
    }));
    expect(given([sdkFlag('f', { rules })]).evaluate('f', 'boolean', null, {}, 0).value).toBe(false);
  });

  it('compares a Date with an instant', () => {
    const rules = [
      {
        name: 'r',
        if: { attribute: 'at', operator: 'after' as const, value: '2026-01-01T00:00:00Z' },
        serve: { variant: 'on' },
      },
    ];
    const snapshot = given([sdkFlag('f', { rules })]);
    const at = (date: Date) => snapshot.evaluate('f', 'boolean', null, { at: date }, 0).value;
    expect([at(new Date('2026-01-02')), at(new Date('2025-01-02')), at(new Date(Number.NaN))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('serves the first variant of a default that no rule and no rollout of another place touches', () => {
    const rollout = rolloutBlock({ place: { kind: 'rule', rule: 'r' } });
    expect(given([sdkFlag('f', { rollout })]).evaluate('f', 'boolean', null, {}, 0).reason).toBe('DEFAULT');
  });

  it('gives out values that a caller cannot change', () => {
    const source = { list: [1] };
    const snapshot = given([
      sdkFlag('f', { type: 'object', variants: { a: source, b: {} }, defaultVariant: 'a', offVariant: 'b' }),
    ]);
    const { value } = snapshot.evaluate<{ list?: number[] }>('f', 'object', {}, {}, 0);
    expect(() => value.list?.push(2)).toThrow(TypeError);
    source.list.push(3);
    expect(snapshot.evaluate('f', 'object', {}, {}, 0).value).toEqual({ list: [1] });
  });

  it('reports a flag that refers to a variant it does not have', () => {
    const snapshot = given([sdkFlag('f', { defaultVariant: 'missing' })]);
    expect(snapshot.evaluate('f', 'boolean', true, {}, 0)).toMatchObject({ value: true, errorCode: 'PARSE_ERROR' });
  });

  it('says not ready where there is no snapshot', () => {
    expect(withDefault(notReady(), 7)).toMatchObject({ value: 7, errorCode: 'PROVIDER_NOT_READY' });
  });
});

describe('compiling again', () => {
  const flags = [
    sdkFlag('alone'),
    sdkFlag('by-segment', { rules: [{ name: 'r', if: { segment: 'outer' }, serve: { variant: 'on' } }] }),
    sdkFlag('dependent', { prerequisites: [{ flag: 'by-segment', variants: ['on'] }] }),
  ];
  const segments = [segment('outer', { segment: 'staff' }), staff];
  const before = given(flags, segments);
  const reused = (after: ReturnType<typeof given>): string[] =>
    flags.map(({ key }) => key).filter((key) => after.flags.get(key) === before.flags.get(key));

  it('uses everything again when nothing changed', () => {
    expect(reused(compileSnapshot({ flags: structuredClone(flags), segments }, before))).toHaveLength(3);
  });

  it('follows a changed segment through segments and prerequisites', () => {
    const changed = [segments[0]!, { ...staff, revision: 2, if: { not: staff.if } }];
    const after = compileSnapshot({ flags, segments: changed }, before);
    expect(reused(after)).toEqual(['alone']);
    expect(after.evaluate('by-segment', 'boolean', null, {}, 0).value).toBe(true);
  });

  it('follows a segment that appears or goes', () => {
    expect(reused(compileSnapshot({ flags, segments: [segments[0]!] }, before))).toEqual(['alone']);
  });

  it('leaves a cycle that slipped in unmatched instead of hanging', () => {
    const circle = [segment('a', { segment: 'b' }), segment('b', { segment: 'a' })];
    const round = ['x', 'y'].map((key, at, all) =>
      sdkFlag(key, {
        defaultVariant: 'on',
        prerequisites: [{ flag: all[1 - at]!, variants: ['on'] }],
        rules: [{ name: 'r', if: { segment: 'a' }, serve: { variant: 'on' } }],
      }),
    );
    const snapshot = compileSnapshot({ flags: round, segments: circle }, given(round, circle));
    expect(snapshot.evaluate('x', 'boolean', null, {}, 0).reason).toBe('DISABLED');
  });
});

it('names the observed segments that have the user', () => {
  const observe = { windowMs: 10_000, segments: ['staff', 'gone'], thresholds: {} };
  const snapshot = given([sdkFlag('f', { rollout: rolloutBlock({ observe }) }), sdkFlag('g')], [staff]);
  expect(matchedSegments(snapshot, 'f', { staff: true })).toEqual(['staff']);
  expect(matchedSegments(snapshot, 'f', {})).toEqual([]);
  expect(matchedSegments(snapshot, 'g', { staff: true })).toEqual([]);
});
