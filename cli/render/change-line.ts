import type { StatusAnswer } from '../api/answers';
import { isEnd } from '../exit-codes';
import { evidence, percent } from './numbers';
import { phaseText, stepsOf, waitsFor } from './status-lines';
import { clean } from './text';

/** Quarters of a bake are told in plain lines; anything finer would fill a log. */
const BAKE_PARTS = 4;

/** What a plain line tells; two statuses of the same key are not worth two lines. */
export function changeKey(status: StatusAnswer): string {
  const { phase, waitingFor, step, weight, transition, summary, excludedSegments, lastLook } = status;
  return JSON.stringify([
    phase,
    waitingFor,
    step,
    weight,
    transition,
    // Summaries hold numbers that change with every look.
    summary.replace(/[\d.,]+/g, '#'),
    bakedParts(status),
    excludedSegments,
    lastLook?.verdict,
    lastLook?.dataQuality,
    status.fromProjection === true,
  ]);
}

function bakedParts({ phase, bakedMs, bakeMs }: StatusAnswer): number | null {
  return isEnd(phase) || bakeMs <= 0 ? null : Math.floor((BAKE_PARTS * Math.min(bakedMs, bakeMs)) / bakeMs);
}

/**
 * One line about a rollout for logs: `2026-01-01T00:00:00Z checkout: 20 %, progressing, waits for bake — …`.
 *
 * @param now - by this machine's clock
 */
export function changeLine(status: StatusAnswer, now: Date): string {
  const parts = [percent(status.weight), `${phaseText(status.phase)}${waitsFor(status)}`];
  if (!isEnd(status.phase)) parts.push(stepsOf(status));
  const baked = bakedParts(status);
  if (baked !== null) parts.push(`${Math.round((100 * baked) / BAKE_PARTS)} % baked`);
  if (status.lastLook !== null) {
    const { sample, harmEvidence, verdict, dataQuality } = status.lastLook;
    parts.push(
      `look: ${clean(verdict)}, ${dataQuality === 'ok' ? '' : `data ${dataQuality}, `}${sample.control}/${sample.candidate} seen, evidence of harm ${evidence(harmEvidence)}`,
    );
  }
  if (status.fromProjection === true) parts.push('no worker answers');
  const at = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return `${at} ${status.flag}: ${parts.join(', ')} — ${clean(status.summary)}`;
}
