import { DataQuality, JUDGE_AFTER_MS } from '../metrics/windows';
import type { JudgeState } from './judge-state';
import type { AnalysisInput } from './types';

/** Windows that may be missing at the end before data counts as stale. */
const STALE_AFTER_WINDOWS = 3;

/** Longer than looks are ever apart while the judge runs. */
const LONGEST_LOOK_MS = 120_000;

/** What the data of this look is worth, and for how long there has been none to compare; `silentMs` is 0 when there is some. */
export interface DataState {
  readonly quality: DataQuality;
  readonly silentMs: number;
}

/**
 * Tells no traffic, a source that is down, stale data and too few units apart, and keeps the time of silence in the
 * state, in place. No more than {@link LONGEST_LOOK_MS} is counted between two looks: an outage of the judge is not one
 * of the traffic. Trouble of one source is silence, even while others deliver: what it would tell is missing.
 */
export function judgeData(
  judge: JudgeState,
  { context, plan, sourceDown, sourceTrouble = null, nowMs }: AnalysisInput,
  stepSample: { readonly control: number; readonly candidate: number },
): DataState {
  const grace = graceMs(judge, plan.noDataDeadlineMs);
  const hasRecentData = sourceTrouble === null && judge.lastDataAt !== null && nowMs - judge.lastDataAt <= grace;
  const quality = qualityOf();
  const isSilent = context.weight > 0 && context.weight < 100 && !hasRecentData;
  const sinceLook = judge.lastLookAt === null ? Number.POSITIVE_INFINITY : since(judge.lastLookAt);
  const sinceData = since(judge.lastDataAt ?? context.stepStartedAt);
  if (!isSilent) judge.silentMs = 0;
  else if (judge.silentMs > 0) judge.silentMs += Math.min(sinceLook, LONGEST_LOOK_MS);
  else
    judge.silentMs = Math.min(sinceData, sinceLook === Number.POSITIVE_INFINITY ? sinceData : LONGEST_LOOK_MS + grace);
  judge.lastLookAt = nowMs;
  return { quality, silentMs: judge.silentMs };

  function since(instant: number): number {
    return Math.max(0, nowMs - Math.max(instant, context.judgeFrom ?? instant));
  }

  function qualityOf(): DataQuality {
    if (sourceTrouble !== null) return sourceTrouble.quality;
    if (sourceDown) return DataQuality.SourceDown;
    if (judge.lastWindowAt === null) return DataQuality.NoTraffic;
    if (nowMs - judge.lastWindowAt - judge.windowMs > JUDGE_AFTER_MS + STALE_AFTER_WINDOWS * judge.windowMs) {
      return DataQuality.Stale;
    }
    if (!hasRecentData) return DataQuality.NoTraffic;
    const fewest = Math.min(stepSample.control, stepSample.candidate);
    return fewest < plan.minimumSample ? DataQuality.TooFewUnits : DataQuality.Ok;
  }
}

/** How long outcomes in both arms count as recent beyond what judging takes: a small canary may miss windows. */
function graceMs(judge: JudgeState, noDataDeadlineMs: number): number {
  return JUDGE_AFTER_MS + Math.max(STALE_AFTER_WINDOWS * judge.windowMs, Math.min(60_000, noDataDeadlineMs / 2));
}
