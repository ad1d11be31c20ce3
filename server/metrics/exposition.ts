import type { Exposition } from '../../metrics/exposition/metrics-listener';
import type { ServerContext } from '../context';
import { ExperimentGauges, type ExperimentReads } from './experiment-gauges';
import { ModelGauges } from './model-gauges';
import { RolloutGauges, type GaugeReads } from './rollout-gauges';
import type { ServerMetrics } from './server-metrics';

/**
 * A server's metrics as a scrape reads them: live rollouts, live experiments and the drift of models are looked up when
 * it asks.
 */
export function exposition(
  context: GaugeReads & ExperimentReads & Pick<ServerContext, 'drift'>,
  metrics: ServerMetrics,
): Exposition {
  const gauges = new RolloutGauges(context, metrics);
  const experiments = new ExperimentGauges(context, metrics);
  const models = new ModelGauges(context, metrics);
  return {
    contentType: metrics.registry.contentType,
    async metrics() {
      await Promise.all([gauges.refresh(), experiments.refresh(), models.refresh()]);
      return metrics.registry.metrics();
    },
  };
}
