import { kayenta } from './kayenta';
import type { PeerJudge } from './minutes';
import { conditionalBinomial, cusum, stratE, stratERobust } from './stratified';
import { tMixture } from './t-mixture';
import { argo, flagger, relative, tunedFlagger } from './thresholds';
import { mSprt, zEachMinute } from './totals';

const ONE_PERCENT = Math.log(100);
const FIVE_PERCENT = Math.log(20);

/** The judges of the field at their stock settings, and two that led in earlier comparisons. */
export const PEERS: readonly PeerJudge[] = [
  { name: 'Flagger', score: flagger, threshold: 10, setting: '99 % / 500 ms, ten failed checks' },
  {
    name: 'Flagger, tuned floor',
    score: tunedFlagger,
    threshold: 5,
    setting: 'floor by the control, five failed checks',
  },
  { name: 'Argo Rollouts', score: argo, threshold: 4, setting: '95 % per 5 min, failureLimit 3' },
  {
    name: 'relative threshold',
    score: relative,
    threshold: 3,
    setting: '1.5× errors or 1.2× p95, three minutes running',
  },
  {
    name: 'Kayenta, every 60 min',
    score: (minutes) => kayenta(minutes, 60),
    threshold: 2.326,
    setting: '98 %, tolerance 0.25',
  },
  {
    name: 'Kayenta, every 10 min',
    score: (minutes) => kayenta(minutes, 10),
    threshold: 2.326,
    setting: '98 %, tolerance 0.25',
  },
  { name: 'z each minute', score: zEachMinute, threshold: 1.96, setting: 'α 0.05 a look' },
  { name: 'mSPRT', score: mSprt, threshold: FIVE_PERCENT, setting: 'α 0.05 a rollout' },
  { name: 'conditional binomial', score: conditionalBinomial, threshold: ONE_PERCENT, setting: 'α 0.01, errors alone' },
  { name: 'CUSUM', score: cusum, threshold: 6, setting: 'h = 6' },
  { name: 't-mixture', score: tMixture, threshold: ONE_PERCENT, setting: 'α 0.01' },
  { name: 'strat-e', score: stratE, threshold: ONE_PERCENT, setting: 'α 0.01' },
  {
    name: 'strat-e-robust5',
    score: (minutes) => stratERobust(minutes, 5),
    threshold: ONE_PERCENT,
    setting: 'α 0.01, tempered, no latency before minute 5',
  },
];

/** First minute at which a score reaches a threshold, or null. */
export function firstAt(scores: readonly number[], threshold: number): number | null {
  const minute = scores.findIndex((score) => score >= threshold);
  return minute < 0 ? null : minute;
}
