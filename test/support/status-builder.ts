import type { StatusAnswer } from '../../cli/api/answers';

/** A live rollout in the middle of its first bake, with one calm and one doubtful metric. */
export function givenStatus(changed: Partial<StatusAnswer> = {}): StatusAnswer {
  return {
    rolloutId: 'checkout-1a2b3c4d',
    environment: 'production',
    flag: 'checkout',
    candidate: 'express',
    phase: 'progressing',
    waitingFor: 'bake',
    summary: 'serves 20 % and watches',
    step: 0,
    steps: [
      { weight: 20, bakeMs: 600_000 },
      { weight: 50, bakeMs: 600_000 },
    ],
    weight: 20,
    transition: 1,
    bakedMs: 150_000,
    bakeMs: 600_000,
    startedAt: '2026-01-01T10:00:00.000Z',
    startedBy: 'ada',
    excludedSegments: [],
    lastLook: {
      at: '2026-01-01T10:02:30.000Z',
      verdict: 'hold',
      reasons: [{ code: 'BAKE_NOT_SERVED', text: 'the bake has 7m 30s to go' }],
      metrics: [
        {
          metric: 'errors',
          control: 0.0102,
          candidate: 0.0114,
          harm: 0.0012,
          harmLower: -0.0041,
          harmUpper: 0.0065,
          margin: 0.03,
          harmEvidence: 0.8,
          safetyShown: true,
        },
        {
          metric: 'latency',
          control: 212.4,
          candidate: null,
          harm: null,
          harmLower: null,
          harmUpper: null,
          margin: 106.2,
          harmEvidence: 1,
          safetyShown: false,
        },
      ],
      harmEvidence: 0.9,
      dataQuality: 'ok',
      sample: { control: 4012, candidate: 1003 },
      tension: 0.1,
      digest: 'd'.repeat(64),
    },
    nextLookAt: '2026-01-01T10:03:00.000Z',
    ...changed,
  };
}
