/**
 * The plan that recordings are judged by when none is named: errors, and the whole and the tail of latency, each
 * against any harm that persists. The margins are small, so that small harms are found; they are what the plan hides.
 * It is text, so that it can be printed, changed and named with --plan.
 */
export const BACKTEST_PLAN = `flag: recorded
candidate: canary
steps: [1, 5, 10, 25, 50]
bake: 10m
minimumSample: 100
metrics:
  - name: errors
    kind: error_rate
    margin: 1%
  - name: latency
    kind: distribution
    margin: 0.5%
  - name: latency-p99
    kind: quantile
    quantile: p99
    margin: 1%
`;
