import type { Exposition } from '../../metrics/exposition/metrics-listener';
import { RolloutGauges, type GaugeReads } from './rollout-gauges';
import type { ServerMetrics } from './server-metrics';

/** A server's metrics as a scrape reads them: the live rollouts are looked up when it asks. */
export function exposition(context: GaugeReads, metrics: ServerMetrics): Exposition {
  const gauges = new RolloutGauges(context, metrics);
  return {
    contentType: metrics.registry.contentType,
    async metrics() {
      await gauges.refresh();
      return metrics.registry.metrics();
    },
  };
}
