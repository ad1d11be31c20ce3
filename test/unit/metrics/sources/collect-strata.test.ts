import { ErrorCode, HeadgateError } from '../../../../core/errors';
import { Metric } from '../../../../flags/plan/metric';
import type { PrometheusMetricSource, PrometheusQuery } from '../../../../metrics/prometheus/prometheus-source';
import { collectStrata } from '../../../../metrics/sources/collect-strata';
import type { StrataAnswer, StrataQuery, Stratum } from '../../../../metrics/windows';
import { givenArm, givenStratum } from '../../../support/stratum-builders';

const OWN = Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.01 } });
const THEIRS = Metric.parse({ ...OWN, name: 'theirs', event: 'prometheus:theirs', prometheus: {} });
const QUERY: PrometheusQuery = {
  flagId: 'production/checkout',
  rolloutId: 'r',
  control: 'off',
  candidate: 'on',
  windowMs: 5000,
  segments: [],
  weights: { '1': 50 },
  fromMs: 0,
  nowMs: 1_000_000,
  metrics: [OWN, THEIRS],
};

/** A stratum as Prometheus gives it: no exposures, no cells, an event of its own. */
function ofPrometheus(window: number): Stratum {
  const stratum = givenStratum(window);
  const arm = (requests: number): Stratum['control'] => {
    const { request } = givenArm({ requests }).events;
    return {
      exposures: 0,
      exposuresWithOutcome: 0,
      mixedExposures: 0,
      late: 0,
      exposureCells: [],
      events: request === undefined ? {} : { [THEIRS.event]: request },
    };
  };
  return { ...stratum, control: arm(7), candidate: arm(9) };
}

const prometheusOf = (answer: StrataAnswer, delayMs = 0) =>
  ({ delayMs: () => delayMs, fetch: async () => answer }) as unknown as PrometheusMetricSource;
const ownOf = (strata: readonly Stratum[], asked: StrataQuery[] = []) => ({
  fetchStrata: async (query: StrataQuery) => {
    asked.push(query);
    return strata;
  },
});

describe('strata of several sources', () => {
  it('are joined by window and keep the exposures of Headgate itself', async () => {
    const prometheus = prometheusOf({ strata: [ofPrometheus(1), ofPrometheus(2)], trouble: null });
    const { strata, trouble } = await collectStrata(
      { own: ownOf([givenStratum(2), givenStratum(3)]), prometheus },
      QUERY,
    );
    expect(trouble).toBeNull();
    expect(strata.map(({ candidate }) => [Object.keys(candidate.events), candidate.exposures])).toEqual([
      [[THEIRS.event], 0],
      [['request', THEIRS.event], 60],
      [['request'], 60],
    ]);
    expect(strata[1]?.candidate.exposureCells).toHaveLength(64);
  });

  it('wait for the slowest, since a window is judged once', async () => {
    const asked: StrataQuery[] = [];
    await collectStrata(
      { own: ownOf([], asked), prometheus: prometheusOf({ strata: [], trouble: null }, 30_000) },
      QUERY,
    );
    expect(asked.map(({ nowMs }) => nowMs)).toEqual([970_000]);
  });

  it('stay when one of them is in trouble, whichever it is', async () => {
    const down = { quality: 'source_down', detail: 'no answer' } as const;
    const broken = {
      fetchStrata: async () => {
        throw new HeadgateError(ErrorCode.SourceUnavailable, 'no database', { retryable: true });
      },
    };
    const withoutTheirs = { own: ownOf([givenStratum(1)]), prometheus: prometheusOf({ strata: [], trouble: down }) };
    const withoutOurs = { own: broken, prometheus: prometheusOf({ strata: [ofPrometheus(1)], trouble: null }) };
    expect(await collectStrata(withoutTheirs, QUERY)).toEqual({ strata: [givenStratum(1)], trouble: down });
    expect(await collectStrata(withoutOurs, QUERY)).toMatchObject({
      strata: [{ candidate: { exposures: 0 } }],
      trouble: { quality: 'source_down' },
    });
  });

  it('are those of Headgate alone where no Prometheus is configured, and the plan is told', async () => {
    expect(await collectStrata({ own: ownOf([givenStratum(1)]) }, QUERY)).toMatchObject({
      strata: [{ segment: '*' }],
      trouble: { quality: 'source_down', detail: expect.stringContaining('theirs') as string },
    });
    const { trouble } = await collectStrata({ own: ownOf([]) }, { ...QUERY, metrics: [OWN] });
    expect(trouble).toBeNull();
  });

  it('pass on what is no trouble of a source', async () => {
    const bug = { fetchStrata: async () => Promise.reject(new TypeError('a bug')) };
    await expect(collectStrata({ own: bug }, QUERY)).rejects.toThrow('a bug');
  });
});
