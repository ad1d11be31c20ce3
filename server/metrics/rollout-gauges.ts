import type { RolloutProjection } from '../../store/rollouts-repository';
import type { ServerContext } from '../context';
import type { ServerMetrics } from './server-metrics';

/** More live rollouts than this are counted, and not shown one by one. */
const MOST_SHOWN = 1000;
/** Scrapes within this time share one reading, however many ask. */
const FRESH_MS = 5_000;

/** What the gauges are read from. */
export type GaugeReads = Pick<ServerContext, 'rollouts' | 'databaseNowMs' | 'databaseAnswers' | 'workflows'>;

/**
 * Reads the live rollouts when a scrape asks for them, at most every five seconds. Every server tells the same:
 * aggregate with `max`.
 */
export class RolloutGauges {
  private readAtMs = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly context: GaugeReads,
    private readonly metrics: ServerMetrics,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Brings the gauges up to date. Never throws: without a database the scrape says so and tells the rest. */
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
    const [database, temporal] = await Promise.all([context.databaseAnswers(), context.workflows.isReachable()]);
    metrics.databaseUp.set(database ? 1 : 0);
    metrics.temporalUp.set(temporal ? 1 : 0);
    const live = database ? await this.live() : [];
    this.show(live);
  }

  private async live(): Promise<readonly RolloutProjection[]> {
    const now = new Date(this.context.databaseNowMs() + 60_000).toISOString();
    return this.context.rollouts.live(now).catch(() => []);
  }

  private show(live: readonly RolloutProjection[]): void {
    const { metrics } = this;
    const gauges = [
      metrics.rolloutWeight,
      metrics.rolloutPhase,
      metrics.rolloutWaiting,
      metrics.rolloutVerdict,
      metrics.rolloutDataQuality,
      metrics.rolloutTension,
      metrics.rolloutRisk,
      metrics.rolloutRiskThreshold,
      metrics.rolloutConfidence,
      metrics.rolloutHarmEvidence,
      metrics.rolloutLookAge,
      metrics.rolloutLongestLook,
      metrics.rolloutExcluded,
      metrics.rolloutsLive,
    ];
    for (const gauge of gauges) gauge.reset();
    for (const { environment } of live) metrics.rolloutsLive.inc({ environment });
    for (const rollout of live.slice(0, MOST_SHOWN)) this.showOne(rollout);
  }

  private showOne({
    environment,
    flagKey: flag,
    state,
    waitingFor,
    weight,
    plan,
    lastLook,
    excludedSegments,
  }: RolloutProjection): void {
    const { metrics } = this;
    const labels = { environment, flag };
    metrics.rolloutWeight.set(labels, weight);
    metrics.rolloutPhase.set({ ...labels, phase: state }, 1);
    if (waitingFor !== null) metrics.rolloutWaiting.set({ ...labels, waiting_for: waitingFor }, 1);
    metrics.rolloutExcluded.set(labels, excludedSegments.length);
    metrics.rolloutLongestLook.set(labels, plan.look.longestMs / 1000);
    if (lastLook === null) return;
    metrics.rolloutVerdict.set({ ...labels, verdict: lastLook.verdict }, 1);
    metrics.rolloutDataQuality.set({ ...labels, quality: lastLook.dataQuality }, 1);
    metrics.rolloutTension.set(labels, lastLook.tension);
    metrics.rolloutHarmEvidence.set(labels, lastLook.harmEvidence);
    if (lastLook.risk !== undefined) {
      metrics.rolloutRisk.set(labels, lastLook.risk.score);
      metrics.rolloutRiskThreshold.set({ ...labels, threshold: 'narrow' }, lastLook.risk.narrowAt);
      metrics.rolloutRiskThreshold.set({ ...labels, threshold: 'rollback' }, lastLook.risk.rollbackAt);
    }
    if (lastLook.confidence !== undefined) metrics.rolloutConfidence.set(labels, lastLook.confidence);
    metrics.rolloutLookAge.set(labels, Math.max(0, this.context.databaseNowMs() - Date.parse(lastLook.at)) / 1000);
  }
}
