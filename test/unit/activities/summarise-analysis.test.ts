import { MAX_SUMMARY_BYTES, summarise } from '../../../activities/summarise-analysis';
import type { Analysis, MetricFinding } from '../../../analysis/types';

const finding = (index: number): MetricFinding => ({
  metric: `a-metric-with-a-name-of-some-length-${index}`,
  segment: '*',
  role: 'guardrail',
  controlCount: 1,
  candidateCount: 1,
  control: 0.123456789,
  candidate: Number.POSITIVE_INFINITY,
  harm: Number.NaN,
  harmLower: -0.123456789,
  harmUpper: 0.123456789,
  margin: 0.0123456789,
  harmEvidence: Number.POSITIVE_INFINITY,
  safetyEvidence: 1,
  safetyShown: false,
});

const analysis = (metrics: number, textLength: number): Analysis => ({
  verdict: 'hold',
  reasons: Array.from({ length: 40 }, () => ({
    code: 'SAFETY_NOT_SHOWN',
    text: 'x'.repeat(textLength),
    numbers: { control: 0.1, candidate: 0.2 },
  })),
  segments: [],
  exclude: [],
  risk: null,
  pace: null,
  watch: null,
  failureForecast: null,
  crossings: [],
  confidence: null,
  findings: Array.from({ length: metrics }, (_, index) => finding(index)),
  harmEvidence: Number.POSITIVE_INFINITY,
  sampleRatio: { expected: 0.1, observed: 0.1, evidence: 1 },
  dataQuality: 'ok',
  lastWindowAt: 0,
  stepSample: { control: 1, candidate: 1 },
  tension: 0.5,
});

describe('the summary of a look', () => {
  it.each([
    [1, 10],
    [40, 10],
    [40, 5000],
  ])('fits into its bound with %d metrics and reasons of %d characters', (metrics, textLength) => {
    const summary = summarise(analysis(metrics, textLength), 0);
    expect(Buffer.byteLength(JSON.stringify(summary))).toBeLessThanOrEqual(MAX_SUMMARY_BYTES);
    expect(summary.reasons.length).toBeGreaterThan(0);
  });

  it('carries numbers that JSON can hold, and the same digest for the same analysis', () => {
    const summary = summarise(analysis(1, 10), 0);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary.metrics[0]).toMatchObject({ harm: null, harmEvidence: Number.MAX_VALUE, control: 0.123457 });
    expect(summarise(analysis(1, 10), 0).digest).toBe(summary.digest);
    expect(summarise(analysis(2, 10), 0).digest).not.toBe(summary.digest);
  });
});
