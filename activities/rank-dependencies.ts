import type { AttributionInput } from '../analysis/attribution/attribution';
import { onsetOf } from '../analysis/attribution/onset';
import { rankRootCauses } from '../analysis/attribution/rank-root-causes';
import type { RankedCause, ServiceNode, ServiceSeries } from '../analysis/attribution/service-graph';
import type { Dependencies } from '../flags/plan/dependencies';
import type { Metric } from '../flags/plan/metric';
import type { CauseSeriesConfig, CauseSeriesSource, CauseSpan } from './read-cause-series';

type Windows = AttributionInput['windows'];

/** Calm steps kept before the trouble, as the reference that is nearest to it. */
const CALM_STEPS = 8;
/** Fewest steps of normal times that say what is usual. */
const FEWEST_NORMAL = 8;

/**
 * Where the excess of the flag's own service ends in the plan's graph: nothing without a graph, without an onset in the
 * control, or where the metric that is worst is neither a share of failures nor a latency. Never throws for trouble of
 * a source. O(services × steps).
 */
export async function rankDependencies(
  { dependencies }: { readonly dependencies?: Dependencies | undefined },
  windows: Windows,
  metric: Metric | undefined,
  environment: string,
  source: CauseSeriesSource | undefined,
): Promise<{ readonly causes: RankedCause[]; readonly missing: string[] }> {
  const field = metric === undefined ? null : fieldOf(metric);
  const onset = onsetOf(windows.control, 'above');
  if (dependencies === undefined || field === null || onset === null || source === undefined) {
    return { causes: [], missing: [] };
  }
  const from = onset.at - CALM_STEPS;
  if (from < FEWEST_NORMAL) {
    return { causes: [], missing: ['dependencies: too few windows before the trouble to say what is usual'] };
  }
  const split = (values: readonly number[]): ServiceSeries => ({
    normal: values.slice(0, from),
    window: values.slice(from),
  });
  const below = dependencies.services.filter(({ name }) => name !== dependencies.service);
  const asked = below.flatMap((service) =>
    ([field, 'requests'] as const).flatMap(
      (of): (CauseSeriesConfig & { readonly of: typeof of; service: string })[] => {
        const expression = service[of];
        if (expression === undefined) return [];
        const { name, source: from } = service;
        return [{ name: `${name} ${of}`, kind: 'dependency', source: from, expression, of, service: name }];
      },
    ),
  );
  const span: CauseSpan = { environment, ...windows, windows: windows.control.length };
  const { values, missing } = await source.readEach(asked, span);
  const seriesOf = (service: string, of: string): ServiceSeries | null => {
    const found = values[asked.findIndex((one) => one.service === service && one.of === of)];
    return found === undefined || found === null ? null : split(found);
  };
  const nodes: ServiceNode[] = below.map(({ name }) => {
    const requests = seriesOf(name, 'requests');
    const nothing = split(windows.control.map(() => Number.NaN));
    return { name, harm: seriesOf(name, field) ?? nothing, requests: requests ?? split(windows.requests) };
  });
  const own: ServiceNode = {
    name: dependencies.service,
    harm: split(windows.control),
    requests: split(windows.requests),
  };
  const calls = new Map(dependencies.services.map(({ name, calls }) => [name, calls]));
  const ranked = rankRootCauses({ nodes: [own, ...nodes], calls }, dependencies.service);
  // What the flag's own service keeps is no dependency's.
  return { causes: ranked.filter(({ node }) => node !== dependencies.service), missing };
}

/** Which of a service's expressions says the same as the metric; null where none does. */
function fieldOf({ kind, direction }: Metric): 'errors' | 'latency' | null {
  if (direction !== 'lower_is_better') return null;
  if (kind === 'error_rate') return 'errors';
  return kind === 'mean_value' || kind === 'quantile' || kind === 'distribution' ? 'latency' : null;
}
