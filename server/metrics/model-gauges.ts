import { FAILURE_MODEL } from '../../store/models-repository';
import type { ServerContext } from '../context';
import type { ServerMetrics } from './server-metrics';

/**
 * What is known of the deciding model's drift, read when a scrape asks for it. Every server tells the same: aggregate
 * with `max`.
 */
export class ModelGauges {
  constructor(
    private readonly context: Pick<ServerContext, 'drift'>,
    private readonly metrics: ServerMetrics,
  ) {}

  /** Brings the gauges up to date. Never throws: without a database, or before anything was found, they tell nothing. */
  async refresh(): Promise<void> {
    const { modelDrifted, modelFeaturesDrifted, modelChangesWatched } = this.metrics;
    const found = await this.context.drift.get(FAILURE_MODEL).catch(() => null);
    for (const gauge of [modelDrifted, modelFeaturesDrifted, modelChangesWatched]) gauge.reset();
    if (found === null) {
      // A gauge without labels is born with 0, which would say that nothing has drifted.
      modelFeaturesDrifted.remove();
      modelChangesWatched.remove();
      return;
    }
    const { inputs, alerts } = found;
    for (const drift of ['inputs', 'calibration'] as const) {
      modelDrifted.set({ drift }, alerts.some((alert) => alert.drift === drift) ? 1 : 0);
    }
    modelFeaturesDrifted.set(inputs.features.filter(({ isDrifted }) => isDrifted).length);
    modelChangesWatched.set(inputs.changes);
  }
}
