/**
 * The plan that recordings are judged by when none is named: errors, and the mean and the tail of latency, each against any harm that persists. It is
 * text, so that it can be printed, changed and named with --plan.
 */
export const BACKTEST_PLAN = `flag: recorded
candidate: canary
steps: [1, 5, 10, 25, 50]
bake: 10m
minimumSample: 100
metrics:
  - name: errors
    kind: error_rate
    margin: 5%
  - name: latency
    kind: mean_value
    margin: 2%
`;
