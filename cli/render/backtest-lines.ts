import { ReasonCode } from '../../analysis/types';
import type { Margin } from '../../flags/plan/metric';
import type { Obstacle } from '../offline/not-shown-safe';
import type { BacktestSummary, UsedMargin } from '../offline/run-backtest';
import { counted, measured } from './numbers';

const IN_WORDS: Partial<Readonly<Record<ReasonCode, string>>> = {
  [ReasonCode.BakeNotServed]: 'the bake was not over',
  [ReasonCode.TooFewUnits]: 'too few requests in the step',
  [ReasonCode.NoData]: 'no data to compare',
  [ReasonCode.GuardrailHarm]: 'harm was open',
};

/** What became of all traces, by which margins, and why some were not shown safe. */
export function backtestLines(summary: BacktestSummary, isDefaultPlan: boolean): string[] {
  const { traces, rolledBack, promoted, narrowed, looks, flawed, leftOut, margins, notShownSafe } = summary;
  const open = notShownSafe.traces;
  return [
    `${counted(traces, 'trace')}, ${counted(looks, 'look')}: ${rolledBack} rolled back, ${promoted} shown safe for the next weight, ${narrowed} narrowed`,
    `margins of ${isDefaultPlan ? 'the default plan' : 'the plan'}: ${margins.map(({ metric, margin }) => `${metric} ${marginText(margin)}`).join(', ') || 'none'}`,
    ...(open === 0
      ? []
      : [
          `neither rolled back nor shown safe: ${counted(open, 'trace')}, at the last look for`,
          ...notShownSafe.because.map((one) => `  ${obstacleText(one, margins, open)}`),
          `more traffic or a longer recording narrows the intervals; ${isDefaultPlan ? 'the default plan asks for more than a rollout’s own usually does: ' : ''}--plan names other margins`,
        ]),
    ...(flawed > 0
      ? [`${flawed} of ${traces} have missing, repeated or impossible numbers; each decision counts its own`]
      : []),
    ...(leftOut.length > 0 ? [`no columns for: ${leftOut.join(', ')}; judged without`] : []),
  ];
}

function obstacleText(
  { code, metric, traces, marginTimes }: Obstacle,
  margins: readonly UsedMargin[],
  open: number,
): string {
  const of = `${traces} of ${open}`;
  if (metric === undefined) return `${of}: ${IN_WORDS[code] ?? code}`;
  const used = margins.find((one) => one.metric === metric);
  if (used === undefined || marginTimes === null || marginTimes === undefined) {
    return `${of}: ${metric}, of which no interval was known`;
  }
  return `${of}: ${metric}; in half of them a margin of ${widened(used.margin, marginTimes)} would have done`;
}

function widened({ absolute, relative }: Margin, times: number): string {
  const rounded = (value: number): number => Number((value * times).toPrecision(2));
  return marginText({ absolute: rounded(absolute), relative: rounded(relative) });
}

/** A margin as plans write it. */
function marginText({ absolute, relative }: Margin): string {
  const share = `${measured(100 * relative)} % of the control`;
  if (absolute === 0) return share;
  return relative === 0 ? measured(absolute) : `${measured(absolute)} + ${share}`;
}
