import { setImmediate } from 'node:timers/promises';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Margin } from '../../flags/plan/metric';
import type { RecordedArm } from '../../metrics/recorded/recorded-arm';
import { toRecordedTrace } from '../../metrics/recorded/recorded-strata';
import type { Io } from '../io';
import { gatheredTraces, groupedTraces, NotGroupedError } from './group-traces';
import { judgeTrace, type TraceDecision, type TracePlan } from './judge-trace';
import { openSink, refuseUnusable } from './line-sink';
import { NotShownSafeTally, type NotShownSafe } from './not-shown-safe';
import { readRecording } from './read-recording';
import { requireMetrics, tellableMetrics } from './recording-columns';
import { recordingFiles } from './recording-files';

/** What to judge, by what, and where the decisions go. */
export interface Backtest {
  readonly plan: TracePlan;
  /** Metrics whose columns are not there are left out instead of refused. */
  readonly isDefaultPlan: boolean;
  /** A file, a folder, or `-` for standard input. */
  readonly data: string;
  /** A file, or `-` for standard output. */
  readonly out: string;
}

/** What became of all traces together. */
export interface BacktestSummary {
  readonly traces: number;
  readonly rolledBack: number;
  readonly promoted: number;
  readonly narrowed: number;
  readonly looks: number;
  /** Traces with missing or odd lines. */
  readonly flawed: number;
  /** Metrics of the default plan that the recording has no columns for. */
  readonly leftOut: readonly string[];
  /** What the guardrails that were judged may be worse by at full exposure. */
  readonly margins: readonly UsedMargin[];
  readonly notShownSafe: NotShownSafe;
}

/** The margin of one guardrail. */
export interface UsedMargin {
  readonly metric: string;
  readonly margin: Margin;
}

/**
 * Judges every trace of a recording and writes one decision a line, in the order in which traces begin. A recording
 * that is grouped by trace is held one trace at a time; one that is not is read again and held whole.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT naming file, line and field of what cannot be read, or a column that the
 *   plan wants and is not there
 */
export async function runBacktest(io: Io, backtest: Backtest): Promise<BacktestSummary> {
  const { plan, data, out } = backtest;
  const files = await recordingFiles(data);
  await refuseUnusable(
    out,
    files.map(({ path }) => path),
  );
  const told: ToldMetrics = { metrics: null };
  const read = (): AsyncGenerator<RecordedArm> =>
    readRecording(io, files, {
      events: [...new Set(plan.metrics.map(({ event }) => event))],
      onColumns(path, columns) {
        if (!backtest.isDefaultPlan) requireMetrics(path, columns, plan.metrics);
        told.metrics ??= tellableMetrics(path, columns, plan.metrics);
      },
    });
  try {
    return await judgeAll(io, backtest, told, groupedTraces(read()));
  } catch (error) {
    if (!(error instanceof NotGroupedError)) throw error;
    if (data === '-') {
      throw new HeadgateError(
        ErrorCode.InvalidArgument,
        `the lines of trace '${error.message}' do not follow each other, and standard input cannot be read twice`,
        { cause: error, remedy: 'Write the recording to a file, or sort it by trace.' },
      );
    }
    return judgeAll(io, backtest, told, await gatheredTraces(read()));
  }
}

/** The plan's metrics that the first line has columns for; null before it is read. */
interface ToldMetrics {
  metrics: TracePlan['metrics'] | null;
}

async function judgeAll(
  io: Io,
  { plan, out }: Backtest,
  told: ToldMetrics,
  traces: AsyncIterable<RecordedArm[]> | Iterable<RecordedArm[]>,
): Promise<BacktestSummary> {
  const thresholds = plan.metrics.flatMap(({ threshold }) => threshold ?? []);
  const totals = { traces: 0, rolledBack: 0, promoted: 0, narrowed: 0, looks: 0, flawed: 0 };
  const open = new NotShownSafeTally();
  const sink = await openSink(io, out);
  try {
    for await (const rows of traces) {
      const metrics = told.metrics ?? plan.metrics;
      if (metrics.length === 0) throw nothingToJudge(plan);
      const decision = judgeTrace({ ...plan, metrics }, toRecordedTrace(rows, thresholds));
      add(totals, decision);
      open.add(decision);
      await sink.write(JSON.stringify(decision));
      // Judging gives way to nothing by itself, and signals wait for that.
      await setImmediate();
    }
    if (totals.traces === 0) throw nothingRecorded();
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
  const leftOut = plan.metrics.filter((metric) => told.metrics?.includes(metric) === false);
  const margins = (told.metrics ?? []).flatMap(({ name, role, margin }) =>
    role === 'guardrail' ? [{ metric: name, margin }] : [],
  );
  return { ...totals, leftOut: leftOut.map(({ name }) => name), margins, notShownSafe: open.total };
}

type Counted = 'traces' | 'rolledBack' | 'promoted' | 'narrowed' | 'looks' | 'flawed';

function add(totals: { -readonly [key in Counted]: BacktestSummary[key] }, decision: TraceDecision): void {
  totals.traces += 1;
  totals.looks += decision.looks;
  if (decision.rollback_minute !== null) totals.rolledBack += 1;
  if (decision.promote_minute !== null) totals.promoted += 1;
  if (decision.narrow_minute !== null) totals.narrowed += 1;
  if (Object.values(decision.quality).some((number) => number > 0)) totals.flawed += 1;
}

function nothingRecorded(): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, 'the recording holds no line', {
    remedy: 'It should hold one line for each minute and arm; docs/backtest.md describes the format.',
  });
}

function nothingToJudge({ metrics }: TracePlan): HeadgateError {
  const names = metrics.map(({ name }) => name).join(', ');
  return new HeadgateError(
    ErrorCode.InvalidArgument,
    `the recording has no columns for any metric of the plan: ${names}`,
    {
      remedy: 'Name a plan with --plan whose metrics it tells of; docs/backtest.md describes the columns.',
    },
  );
}
