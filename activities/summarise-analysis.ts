import type { Analysis } from '../analysis/types';
import { contentHash } from '../core/signing';
import type { LookStatus } from '../workflows/rollout/status';

/** How many reasons and metrics of an analysis enter the workflow's history at most. */
const KEPT_REASONS = 6;
const KEPT_METRICS = 12;
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
    digest: contentHash(finite(analysis)),
  };
  return fitted(summary);
}

/** Drops what matters least, from the end, until the summary fits: metrics first, since reasons carry the numbers that decided. */
function fitted(summary: LookStatus): LookStatus {
  let { metrics, reasons } = summary;
  while (Buffer.byteLength(JSON.stringify({ ...summary, metrics, reasons })) > MAX_SUMMARY_BYTES) {
    if (metrics.length > 0) metrics = metrics.slice(0, -1);
    else if (reasons.length > 1) reasons = reasons.slice(0, -1);
    else break;
  }
  return { ...summary, metrics, reasons };
}

/** Six digits are more than a person reads and keep the history small; infinite evidence is written as the largest number. */
function rounded(value: number | null): number | null {
  if (value === null || Number.isNaN(value)) return null;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : Math.sign(value) * Number.MAX_VALUE;
}

function roundedNumbers(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, rounded(value) ?? 0]));
}

function finite(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'number' ? rounded(member) : member)),
  );
}
