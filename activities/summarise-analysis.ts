import type { Analysis, FailureForecast, RiskFinding } from '../analysis/types';
import { contentHash } from '../core/signing';
import type { FailureForecastStatus, LookStatus, RiskStatus, SegmentStatus } from '../workflows/rollout/status';

/** How many reasons and metrics of an analysis enter the workflow's history at most. */
const KEPT_REASONS = 6;
const KEPT_METRICS = 12;
const KEPT_SEGMENTS = 5;
/** What is left out is asked for again at the next look. */
const KEPT_EXCLUSIONS = 20;
/** What one look may add to the history, in bytes of JSON. */
export const MAX_SUMMARY_BYTES = 4_000;

/** What of an analysis enters the history: verdict, codes, the main numbers and a digest of the whole, at most 4 kB. */
export function summarise(analysis: Analysis, nowMs: number): LookStatus {
  const summary: LookStatus = {
    at: new Date(nowMs).toISOString(),
    verdict: analysis.verdict,
    reasons: analysis.reasons.slice(0, KEPT_REASONS).map(({ code, text, metric, segment, numbers }) => ({
      code,
      text: text.slice(0, 300),
      ...(metric === undefined ? {} : { metric }),
      ...(segment === undefined ? {} : { segment }),
      ...(numbers === undefined ? {} : { numbers: roundedNumbers(numbers) }),
    })),
    metrics: analysis.findings
      .filter(({ segment }) => segment === '*')
      .slice(0, KEPT_METRICS)
      .map((finding) => ({
        metric: finding.metric,
        control: rounded(finding.control),
        candidate: rounded(finding.candidate),
        harm: rounded(finding.harm),
        harmLower: rounded(finding.harmLower),
        harmUpper: rounded(finding.harmUpper),
        margin: rounded(finding.margin),
        harmEvidence: rounded(finding.harmEvidence) ?? 0,
        safetyShown: finding.safetyShown,
      })),
    harmEvidence: rounded(analysis.harmEvidence) ?? 0,
    dataQuality: analysis.dataQuality,
    sample: analysis.stepSample,
    tension: rounded(analysis.tension) ?? 0,
    ...(analysis.risk === null ? {} : { risk: roundedRisk(analysis.risk) }),
    ...(analysis.pace === null ? {} : { pace: analysis.pace }),
    ...(analysis.watch === null
      ? {}
      : { watch: { ...analysis.watch, evidence: rounded(analysis.watch.evidence) ?? 0 } }),
    ...(analysis.confidence === null ? {} : { confidence: rounded(analysis.confidence) ?? 0 }),
    ...(analysis.failureForecast === null ? {} : { failureForecast: forecastOf(analysis.failureForecast) }),
    ...(analysis.exclude.length > 0 ? { exclude: analysis.exclude.slice(0, KEPT_EXCLUSIONS) } : {}),
    ...(analysis.segments.length > 0 ? { segments: segmentsOf(analysis) } : {}),
    digest: contentHash(finite(analysis)),
  };
  return fitted(summary);
}

function forecastOf({ looks, probability, lower, upper, isAlert }: FailureForecast): FailureForecastStatus {
  const short = (value: number): number => rounded(value) ?? 0;
  return { looks, probability: short(probability), lower: short(lower), upper: short(upper), isAlert };
}

/** The segments with the most evidence against them, each with the guardrail that says most. */
function segmentsOf({ segments }: Analysis): SegmentStatus[] {
  return [...segments]
    .sort((a, b) => Number(b.excluded) - Number(a.excluded) || b.harmEvidence - a.harmEvidence)
    .slice(0, KEPT_SEGMENTS)
    .map(({ segment, excluded, harmed, harmEvidence, metrics }) => {
      const [worst = null] = [...metrics].sort((a, b) => b.harmEvidence - a.harmEvidence);
      return {
        segment,
        excluded,
        harmed,
        harmEvidence: rounded(harmEvidence) ?? 0,
        metric: worst?.metric ?? null,
        control: rounded(worst?.control ?? null),
        candidate: rounded(worst?.candidate ?? null),
        harm: rounded(worst?.shrunkHarm ?? worst?.harm ?? null),
      };
    });
}

/**
 * Drops what matters least, from the end, until the summary fits: segments and metrics first, since reasons carry the
 * numbers that decided.
 */
function fitted(summary: LookStatus): LookStatus {
  let fits = summary;
  while (Buffer.byteLength(JSON.stringify(fits)) > MAX_SUMMARY_BYTES) {
    const { metrics, reasons, segments = [] } = fits;
    if (segments.length > 0) fits = { ...fits, segments: segments.slice(0, -1) };
    else if (metrics.length > 0) fits = { ...fits, metrics: metrics.slice(0, -1) };
    else if (reasons.length > 1) fits = { ...fits, reasons: reasons.slice(0, -1) };
    else break;
  }
  return fits;
}

/** Six digits are more than a person reads and keep the history small; infinite evidence is written as the largest number. */
export function rounded(value: number | null): number | null {
  if (value === null || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : Math.sign(value) * Number.MAX_VALUE;
}

function roundedRisk({ metric, segment, together, ...numbers }: RiskFinding): RiskStatus {
  const rest = roundedNumbers({ ...numbers }) as Omit<RiskStatus, 'metric' | 'segment' | 'together'>;
  return { ...rest, metric, segment, ...(together ? { together } : {}) };
}

function roundedNumbers(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, rounded(value) ?? 0]));
}

/** The value with its numbers as they are kept. */
export function finite(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'number' ? rounded(member) : member)),
  );
}
