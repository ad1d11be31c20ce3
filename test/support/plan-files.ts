import fc from 'fast-check';

/** The least a plan file may hold. */
export const SMALLEST_PLAN_FILE = { flag: 'checkout', candidate: 'on', environment: 'production' } as const;

const key = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const duration = (fromMs: number, toMs: number): fc.Arbitrary<string> =>
  fc.integer({ min: fromMs, max: toMs }).map((ms) => `${ms}ms`);
const percent = (from: number, to: number): fc.Arbitrary<number> =>
  fc.integer({ min: from * 1000, max: to * 1000 }).map((thousandths) => thousandths / 1000);
const step = percent(0.001, 49.999).chain((weight) =>
  fc.oneof(
    fc.constant(weight),
    fc.record(
      { weight: fc.constant(weight), bake: duration(1, 86_400_000), approval: fc.boolean() },
      { requiredKeys: ['weight'] },
    ),
  ),
);
const weightOf = (written: number | { weight: number }): number =>
  typeof written === 'number' ? written : written.weight;
const steps = fc
  .uniqueArray(step, { minLength: 1, maxLength: 12, selector: weightOf })
  .map((written) => [...written].sort((a, b) => weightOf(a) - weightOf(b)));
const margin = fc.oneof(
  fc.double({ min: 0.001, max: 0.9, noNaN: true }),
  fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom('%', 'pp')).map(([number, unit]) => `${number}${unit}`),
  fc.record({
    absolute: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
    relative: fc.double({ min: 0, max: 9, noNaN: true }),
  }),
);
const metric = fc.oneof(
  fc.record({ name: key, kind: fc.constant('error_rate'), margin, event: key }, { requiredKeys: ['name', 'kind'] }),
  fc.record({ name: key, kind: fc.constant('slower_than'), threshold: fc.constantFrom(250, '1s'), margin }),
  fc.record({
    name: key,
    kind: fc.constantFrom('mean_value', 'events_per_exposure', 'distribution'),
    margin: fc.constant('20%'),
  }),
  fc.record({ name: key, kind: fc.constant('quantile'), quantile: fc.constantFrom('p50', 'p99.9', 0.95) }),
  fc.record({
    name: key,
    kind: fc.constant('ratio'),
    measure: fc.constantFrom('count', 'value', 'errors'),
    denominator: fc.record({ event: key, measure: fc.constantFrom('count', 'value') }, { requiredKeys: ['event'] }),
  }),
);
const times = ['00:00', '06:30', '12:00', '22:15'] as const;
const blackout = fc.record(
  {
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York'),
    days: fc.uniqueArray(fc.constantFrom('mon', 'tue', 'wed', 'thu'), { minLength: 1 }),
    from: fc.constantFrom(...times),
    to: fc.constantFrom(...times, '24:00'),
  },
  { requiredKeys: ['timeZone', 'days'] },
);

/** Plan files that are good, with any of their fields left out. */
export const goodPlanFile: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    flag: key,
    candidate: key,
    environment: key,
    place: fc.oneof(fc.constant('default'), fc.record({ rule: key })),
    bake: duration(1, 90 * 86_400_000),
    steps: fc.oneof(
      steps,
      steps.map((written) => [...written, 60]),
    ),
    event: key,
    metrics: fc.uniqueArray(metric, { minLength: 1, maxLength: 5, selector: ({ name }) => name }),
    segments: fc.uniqueArray(key, { maxLength: 3 }),
    onSegmentHarm: fc.constantFrom('exclude', 'hold', 'report'),
    falseExclusionRate: fc.constantFrom(0.05, '1%'),
    preset: fc.constantFrom('guarded', 'predictive'),
    risk: fc.record(
      { narrowAt: fc.constantFrom(10, 80), remediate: fc.boolean(), anomalyWeight: fc.constantFrom(0, 1) },
      { requiredKeys: [] },
    ),
    pace: fc.constantFrom('steps', 'adaptive'),
    watch: fc.record({ for: duration(1, 86_400_000), onAlarm: fc.constantFrom('alert', 'step_back') }),
    falseRollbackRate: fc.constantFrom(0.001, '1%', 0.2),
    falsePromotionRate: fc.constantFrom(0.05, '10%', 0.5),
    minimumSample: fc.integer({ min: 1, max: 10_000_000 }),
    onNoData: fc.constantFrom('hold', 'roll_back'),
    noDataDeadline: duration(1, 86_400_000),
    onInconclusive: fc.oneof(fc.constantFrom('hold', 'roll_back'), fc.record({ continueTo: percent(0.001, 100) })),
    inconclusiveAfterBakes: fc.integer({ min: 1, max: 100 }),
    onLapse: fc.constantFrom('control', 'freeze'),
    afterLapse: fc.constantFrom('first_step', 'same_step'),
    lease: duration(180_000, 3_600_000),
    narrowBy: fc.oneof(fc.constant('step'), percent(0.001, 100)),
    controlHoldback: percent(0, 39),
    look: fc.record({ shortest: duration(1000, 20_000), longest: duration(20_000, 60_000) }, { requiredKeys: [] }),
    window: duration(1000, 300_000),
    approvals: fc.record({ forbidStarter: fc.boolean(), allowUnverified: fc.boolean() }, { requiredKeys: [] }),
    blackouts: fc.array(blackout, { maxLength: 3 }),
    owner: key,
    change: fc.record({ id: key, title: key }, { requiredKeys: ['id'] }),
  },
  { requiredKeys: ['flag', 'candidate', 'environment'] },
);
