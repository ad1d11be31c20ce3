import type { FlagBody } from '../../flags/transition/plan-transition';
import type { RolloutPlan } from '../../flags/plan/plan';

/** A boolean flag in production, off by default, as most rollouts meet it. */
export function givenFlag(change: Partial<FlagBody> = {}): FlagBody {
  return {
    _id: 'production/checkout',
    environment: 'production',
    key: 'checkout',
    enabled: true,
    type: 'boolean',
    tags: [],
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
    rules: [],
    prerequisites: [],
    salt: 'checkout',
    ...change,
  };
}

/** A plan with short bakes: 10 %, 50 %, completion. */
export function givenPlan(change: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    environment: 'production',
    flag: 'checkout',
    place: { kind: 'default' },
    candidate: 'on',
    steps: [
      { weight: 10, bakeMs: 60_000, approval: false },
      { weight: 50, bakeMs: 60_000, approval: false },
    ],
    metrics: [
      {
        name: 'errors',
        role: 'guardrail',
        kind: 'error_rate',
        event: 'request',
        direction: 'lower_is_better',
        margin: { absolute: 0.01, relative: 0.1 },
      },
    ],
    segments: [],
    falseRollbackRate: 0.01,
    falsePromotionRate: 0.05,
    minimumSample: 100,
    onNoData: 'hold',
    noDataDeadlineMs: 1_800_000,
    onInconclusive: 'hold',
    inconclusiveAfterBakes: 3,
    onLapse: 'control',
    afterLapse: 'first_step',
    leaseMs: 300_000,
    narrowBy: 'step',
    controlHoldback: 0,
    look: { shortestMs: 5_000, longestMs: 60_000 },
    windowMs: 5_000,
    approvals: { forbidStarter: false, allowUnverified: false },
    blackouts: [],
    ...change,
  };
}
