import type { RolloutBlock } from '../../flags/document/rollout-block';
import type { SdkFlag } from '../../flags/evaluator/resolution';

/** A boolean flag `on`/`off` that serves `off`, with `overrides`. */
export function sdkFlag(key: string, overrides: Partial<SdkFlag> = {}): SdkFlag {
  return {
    _id: `test/${key}`,
    environment: 'test',
    key,
    enabled: true,
    type: 'boolean',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
    rules: [],
    prerequisites: [],
    salt: key,
    revision: 1,
    ...overrides,
  };
}

/** A rollout of `on` over the default at 50 %, with `overrides`. */
export function rolloutBlock(overrides: Partial<RolloutBlock> = {}): RolloutBlock {
  return {
    id: 'r1',
    place: { kind: 'default' },
    control: 'off',
    candidate: 'on',
    weight: 50,
    transition: 1,
    salt: 'salt',
    excludedSegments: [],
    onLapse: 'control',
    leaseMs: 300_000,
    observe: { windowMs: 10_000, segments: [], thresholds: {} },
    ...overrides,
  };
}
