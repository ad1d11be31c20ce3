import { analyse } from '../../../../analysis/analyse';
import { followTogether, type TogetherBaseline, type TogetherTrack } from '../../../../analysis/risk/together';
import { judgeRisk } from '../../../../analysis/risk/judge-risk';
import { DEFAULT_RISK } from '../../../../flags/plan/behaviour';
import { Metric } from '../../../../flags/plan/metric';
import { learnProfile } from '../../../../ml/baseline/profile';
import { learnVectorBaseline } from '../../../../ml/anomaly/vector-baseline';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import type { Stratum } from '../../../../metrics/windows';
import { FIRST_WINDOW, givenContext, givenPlan, givenStratum } from '../../../support/stratum-builders';

const ERRORS = Metric.parse({ name: 'errors', kind: 'error_rate', margin: { relative: 9 } });
const LATENCY = Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 9 } });
const METRICS = [ERRORS, LATENCY];
const NAMES = METRICS.map(({ name }) => name);
const REQUESTS = 2000;

/** A day of windows of five minutes in which errors and latency follow one load. */
const day = Array.from({ length: 288 }, (_, i) => {
  const random = mulberry32(i + 1);
  const load = 1 + 0.4 * random();
  const noise = (): number => 1 + 0.04 * (random() - 0.5);
  return {
    atMs: FIRST_WINDOW + i * 300_000,
    values: [0.02 * load * noise(), 100 * load * noise()],
    units: [REQUESTS, REQUESTS],
  };
});
const profiles = Object.fromEntries(
  NAMES.map((name, j) => [
    name,
    learnProfile(
      null,
      day.map(({ atMs, values, units }) => ({ atMs, value: values[j] as number, units: units[j] as number })),
    ),
  ]),
);
const baseline: TogetherBaseline = { ...learnVectorBaseline(null, NAMES, day, profiles), profiles };

interface Load {
  readonly errors: number;
  readonly latencyMs: number;
}

function strata(candidate: Load, control: Load, segment = '*', count = 10): Stratum[] {
  return Array.from({ length: count }, (_, window) =>
    givenStratum(window, {
      segment,
      control: { requests: REQUESTS, ...control },
      candidate: { requests: REQUESTS, ...candidate },
    }),
  );
}

function tracksOf(found: readonly Stratum[]): Record<string, TogetherTrack> {
  const tracks: Record<string, TogetherTrack> = {};
  followTogether(tracks, METRICS, found, null, { '*': baseline, eu: baseline });
  return tracks;
}

/** Errors as many as at the low end, latency as high as at the high end: usual each, never together. */
const PARTED = { errors: 41, latencyMs: 138 };
const USUAL = { errors: 48, latencyMs: 120 };

describe('metrics of a segment that part as they usually do not', () => {
  it('are unusual together, led by the one that parted for the worse', () => {
    const track = tracksOf(strata(PARTED, USUAL))['*'];
    expect(track).toMatchObject({ leading: 'latency', windows: 10 });
    expect(track?.severity).toBeGreaterThan(0.2);
    expect(track?.persistence).toBeGreaterThan(0.8);
  });

  it('are followed in each segment apart, from windows not followed before', () => {
    const found = [...strata(USUAL, USUAL), ...strata(PARTED, USUAL, 'eu')];
    const tracks = tracksOf(found);
    expect(tracks['*']?.persistence).toBe(0);
    expect(tracks['eu']?.persistence).toBeGreaterThan(0.8);
    followTogether(tracks, METRICS, found, FIRST_WINDOW + 60_000, { '*': baseline, eu: baseline });
    expect(tracks['eu']?.windows).toBe(10);
  });

  it.each([
    ['the candidate is better than control', { errors: 47, latencyMs: 92 }, USUAL],
    ['control parts as well', PARTED, PARTED],
    ['nothing parts', USUAL, USUAL],
  ])('are no risk where %s', (_, candidate, control) => {
    expect(tracksOf(strata(candidate, control))['*']?.persistence).toBe(0);
  });

  it('are left alone where a metric is no longer in the plan', () => {
    const tracks: Record<string, TogetherTrack> = {};
    followTogether(tracks, [ERRORS], strata(PARTED, USUAL), null, { '*': baseline });
    expect(tracks).toEqual({});
  });

  it('enter the risk of the metric that leads, and of no other', () => {
    const plan = givenPlan({ metrics: METRICS, risk: DEFAULT_RISK });
    const look = (together: Readonly<Record<string, TogetherBaseline>>) =>
      analyse({
        plan,
        context: givenContext(),
        strata: strata(PARTED, USUAL),
        state: null,
        sourceDown: false,
        together,
        nowMs: FIRST_WINDOW + 100_000,
      });
    const { risk } = look({ '*': baseline }).analysis;
    expect(risk).toMatchObject({ metric: 'latency', segment: '*', together: true });
    const without = look({}).analysis.risk;
    expect(without?.together).toBe(false);
    expect(risk?.score).toBeGreaterThan((without?.score ?? 0) + 10);
    const level = { severity: 1, persistence: 1, leading: 'errors' };
    expect(judgeRisk({ evidence: {}, segments: { segments: {} } } as never, plan, {}, { '*': level })).toBeNull();
  });
});
