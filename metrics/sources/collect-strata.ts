import { ErrorCode, HeadgateError } from '../../core/errors';
import { joinStrata } from '../prometheus/build-strata';
import type { PrometheusMetricSource, PrometheusQuery } from '../prometheus/prometheus-source';
import type { MetricSource, StrataAnswer } from '../windows';

/** Where the metrics of one rollout come from. */
export interface Sources {
  /** Headgate's own windows. */
  readonly own: MetricSource;
  /** When omitted, no Prometheus is configured, and a plan that names one is in trouble. */
  readonly prometheus?: PrometheusMetricSource | undefined;
}

/**
 * The strata of all sources of a plan's metrics, joined by window and transition. Trouble of one source keeps its own
 * metrics away and no others: harm that another source shows still counts.
 */
export async function collectStrata({ own, prometheus }: Sources, query: PrometheusQuery): Promise<StrataAnswer> {
  const named = query.metrics.filter((metric) => metric.prometheus !== undefined);
  if (named.length === 0) return ownStrata(own, query);
  if (prometheus === undefined) {
    const detail = `No Prometheus is configured on this worker, and ${named.map(({ name }) => name).join(', ')} are read from one.`;
    return { ...(await ownStrata(own, query)), trouble: { quality: 'source_down', detail } };
  }
  // A window is judged once, so it waits for the slowest of its sources.
  const nowMs = query.nowMs - prometheus.delayMs(named);
  const [ours, theirs] = await Promise.all([ownStrata(own, { ...query, nowMs }), prometheus.fetch(query)]);
  return { strata: joinStrata([...ours.strata, ...theirs.strata]), trouble: ours.trouble ?? theirs.trouble };
}

async function ownStrata(own: MetricSource, query: PrometheusQuery): Promise<StrataAnswer> {
  try {
    const strata = await own.fetchStrata(query);
    return { strata, trouble: (await own.troubleOf?.(query)) ?? null };
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code !== ErrorCode.SourceUnavailable) throw error;
    return { strata: [], trouble: { quality: 'source_down', detail: 'The source of metrics did not answer.' } };
  }
}
