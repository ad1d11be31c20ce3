import type { ExperimentProjection } from '../../store/experiments-repository';
import type { ServerContext } from '../context';
import { AnalysisView } from '../experiments/experiment-views';
import type { ServerMetrics } from './server-metrics';

/** More live experiments than this are counted, and not shown one by one. */
const MOST_SHOWN = 200;
/** Scrapes within this time share one reading, however many ask. */
const FRESH_MS = 5_000;

/** What the gauges are read from. */
export type ExperimentReads = Pick<ServerContext, 'databaseNowMs'> & {
  readonly experiments: Pick<ServerContext['experiments'], 'liveStartedBefore'>;
};

/**
 * Reads the live experiments when a scrape asks for them, at most every five seconds. Every server tells the same:
 * aggregate with `max`.
 */
export class ExperimentGauges {
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly context: ExperimentReads,
    private readonly metrics: ServerMetrics,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Brings the gauges up to date. Never throws: without a database there are none, and `headgate_database_up` says why. */
  async refresh(): Promise<void> {
    if (this.monotonicMs() - this.readAtMs < FRESH_MS) return;
    this.reading ??= this.read().finally(() => {
      this.readAtMs = this.monotonicMs();
      this.reading = null;
    });
    await this.reading;
  }

  private async read(): Promise<void> {
    const { context, metrics } = this;
    const now = new Date(context.databaseNowMs() + 60_000).toISOString();
    const live = await context.experiments.liveStartedBefore(now).catch(() => []);
    const gauges = [
      metrics.experimentsLive,
      metrics.experimentPhase,
      metrics.experimentArmWeight,
      metrics.experimentUnits,
      metrics.experimentVerdict,
      metrics.experimentHarmEvidence,
      metrics.experimentTension,
      metrics.experimentLookAge,
    ];
    for (const gauge of gauges) gauge.reset();
    for (const { environment } of live) metrics.experimentsLive.inc({ environment });
    for (const experiment of live.slice(0, MOST_SHOWN)) this.showOne(experiment);
  }

  private showOne(experiment: ExperimentProjection): void {
    const { metrics } = this;
    const { environment, flag, phase, control, treatments, armWeight, lastLook } = experiment;
    const labels = { environment, flag };
    metrics.experimentPhase.set({ ...labels, phase }, 1);
    for (const variant of [control, ...treatments]) metrics.experimentArmWeight.set({ ...labels, variant }, armWeight);
    for (const [variant, units] of unitsOf(experiment)) metrics.experimentUnits.set({ ...labels, variant }, units);
    if (lastLook === null) return;
    for (const { variant, effects, harmEvidence } of lastLook.arms) {
      metrics.experimentHarmEvidence.set({ ...labels, variant }, harmEvidence);
      for (const { metric, conclusion: verdict } of effects) {
        metrics.experimentVerdict.set({ ...labels, variant, metric, verdict }, 1);
      }
    }
    metrics.experimentTension.set(labels, lastLook.tension);
    metrics.experimentLookAge.set(labels, Math.max(0, this.context.databaseNowMs() - Date.parse(lastLook.at)) / 1000);
  }
}

/** Units of each arm at the last look: of the metric that counts the most of them, since not all have a value of each. */
function unitsOf({ control, analysis }: ExperimentProjection): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  const raise = (variant: string, count: number): unknown =>
    units.set(variant, Math.max(count, units.get(variant) ?? 0));
  const read = analysis === undefined ? undefined : AnalysisView.safeParse(jsonOf(analysis));
  for (const { variant, effects } of read?.data?.arms ?? []) {
    for (const { controlCount, treatmentCount } of effects) {
      raise(control, controlCount);
      raise(variant, treatmentCount);
    }
  }
  return units;
}

/** What a newer worker may have written in another way is left out, and no scrape fails for it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
