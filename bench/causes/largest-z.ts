import type { ServiceNode } from '../../analysis/attribution/service-graph';

/**
 * The usual shortcut, as a yardstick: nodes by the largest deviation of any interval from normal times, in standard
 * deviations. A node that did not vary in normal times, and moves, comes first.
 *
 * @param direction - `harmful` counts only deviations for the worse, `either` all
 */
export function rankByLargestZ(nodes: readonly ServiceNode[], direction: 'harmful' | 'either'): string[] {
  const scored = nodes.map(({ name, harm }) => {
    const normal = harm.normal.filter(Number.isFinite);
    const mean = normal.reduce((sum, value) => sum + value, 0) / Math.max(1, normal.length);
    const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, normal.length);
    const deviations = harm.window.filter(Number.isFinite).map((value) => {
      const above = direction === 'either' ? Math.abs(value - mean) : value - mean;
      return above === 0 ? 0 : above / Math.sqrt(variance);
    });
    return { name, z: normal.length === 0 ? 0 : Math.max(0, ...deviations) };
  });
  return scored.sort((a, b) => b.z - a.z || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}
