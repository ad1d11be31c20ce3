import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';

/** Segments that some of the flags ask for. */
export const segments: readonly SdkSegment[] = Array.from({ length: 20 }, (_, at) => ({
  key: `customers-${at}`,
  revision: 1 + at,
  if: {
    all: [
      { attribute: 'country', operator: 'in', value: ['NO', 'SE', 'DK'] },
      { attribute: 'plan', operator: 'equals', value: 'pro' },
    ],
  },
}));

const splitOf = (weights: Record<string, number>) =>
  Object.entries(weights).map(([variant, weight]) => ({ variant, weight }));

/**
 * Flags as a large organisation has them: half are boolean with conditions and a split, half have four variants; some
 * have a prerequisite, a segment or a live rollout.
 */
export function manyFlags(count: number): SdkFlag[] {
  return Array.from({ length: count }, (_, at) => (at % 2 === 0 ? booleanFlag(at) : variantFlag(at)));
}

const base = (key: string, revision: number) => ({
  _id: `production/${key}`,
  environment: 'production',
  key,
  enabled: true,
  owner: 'kq3xJm0Zr8Yd2wLt',
  prerequisites: [],
  salt: key,
  revision,
});

function booleanFlag(at: number): SdkFlag {
  const key = `service.checkout.flag-${at}`;
  const { key: segment } = segments[at % segments.length]!;
  return {
    ...base(key, 1 + (at % 40)),
    type: 'boolean',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
    rules: [
      at % 10 === 0
        ? { name: 'customers', if: { segment }, serve: { variant: 'on' } }
        : {
            name: 'nordic-pro',
            if: {
              all: [
                { attribute: 'country', operator: 'in', value: ['NO', 'SE', 'DK'] },
                { attribute: 'plan', operator: 'equals', value: 'pro' },
              ],
            },
            serve: { variant: 'on' },
          },
      {
        name: 'some',
        if: { attribute: 'targetingKey', operator: 'exists', value: true },
        serve: { split: splitOf({ on: 10, off: 90 }) },
      },
    ],
    ...(at % 100 === 50 && { prerequisites: [{ flag: 'service.checkout.flag-0', variants: ['on'] }] }),
    ...(at % 100 === 0 && { rollout: rolloutOf(key) }),
  };
}

function variantFlag(at: number): SdkFlag {
  const key = `service.search.experiment-${at}`;
  return {
    ...base(key, 1 + (at % 40)),
    type: 'string',
    variants: { a: 'a', b: 'b', c: 'c', d: 'd' },
    defaultVariant: 'a',
    offVariant: 'a',
    rules: [
      {
        name: 'split',
        if: { attribute: 'targetingKey', operator: 'exists', value: true },
        serve: { split: splitOf({ a: 10, b: 20, c: 30, d: 40 }) },
      },
    ],
  };
}

function rolloutOf(key: string): NonNullable<SdkFlag['rollout']> {
  return {
    id: `${key}-k3jx9q2m`,
    place: { kind: 'default' },
    control: 'off',
    candidate: 'on',
    weight: 10,
    transition: 1,
    salt: 'b7c1f0e2',
    excludedSegments: [],
    onLapse: 'control',
    leaseMs: 300_000,
    observe: { windowMs: 10_000, segments: [], thresholds: { request: [500] } },
  };
}
