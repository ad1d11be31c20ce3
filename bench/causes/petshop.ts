import { parse } from 'csv-parse/sync';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { ServiceGraph, ServiceNode, ServiceSeries } from '../../analysis/attribution/service-graph';

/** One trouble of the PetShop data: a graph with what was measured, the node that showed it, and the true root. */
export interface PetshopIssue {
  readonly name: string;
  readonly metric: 'latency' | 'availability';
  readonly target: string;
  readonly rootCause: string;
  readonly graph: ServiceGraph;
}

const Target = z.object({
  target: z.object({ node: z.string(), metric: z.enum(['latency', 'availability']) }),
  root_cause: z.object({ node: z.string() }),
});

/** Values by `node|metric|statistic`. */
type Table = ReadonlyMap<string, readonly number[]>;

/**
 * All issues of a scenario folder of the PetShop data set.
 *
 * @param folder - with graph.csv, noissue/, train/ and test/
 * @see Hardt et al. (2023), The PetShop dataset, arXiv:2311.04806
 */
export function readPetshop(folder: string): PetshopIssue[] {
  const calls = readCalls(join(folder, 'graph.csv'));
  const normal = readMetrics(join(folder, 'noissue'));
  return ['train', 'test'].flatMap((split) =>
    readdirSync(join(folder, split))
      .filter((name) => name.startsWith('issue_'))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((name) => {
        const path = join(folder, split, name);
        const { target, root_cause } = Target.parse(JSON.parse(readFileSync(join(path, 'target.json'), 'utf8')));
        const nodes = nodesOf(target.metric, normal, readMetrics(path));
        return {
          name: `${split}/${name}`,
          metric: target.metric,
          target: target.node,
          rootCause: root_cause.node,
          graph: { nodes, calls },
        };
      }),
  );
}

/** The adjacency matrix: a row calls the columns with a one. */
function readCalls(path: string): Map<string, string[]> {
  const [header = [], ...rows] = parse(readFileSync(path));
  return new Map(
    rows.map(([caller = '', ...cells]) => [
      caller,
      cells.flatMap((cell, index) => (Number(cell) > 0 ? [header[index + 1] ?? ''] : [])),
    ]),
  );
}

/** Three header rows (node, metric, statistic), one that names the index, then a row for every five minutes. */
function readMetrics(folder: string): Table {
  const gz = readdirSync(folder).find((name) => name.startsWith('metrics.csv')) ?? 'metrics.csv.gz';
  const bytes = readFileSync(join(folder, gz));
  const text = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
  const [nodes = [], metrics = [], statistics = [], , ...rows] = parse(text);
  return new Map(
    nodes
      .slice(1)
      .map((node, index) => [
        [node, metrics[index + 1], statistics[index + 1]].join('|'),
        rows.map((row) => (row[index + 1] === '' ? Number.NaN : Number(row[index + 1]))),
      ]),
  );
}

function nodesOf(metric: 'latency' | 'availability', normal: Table, window: Table): ServiceNode[] {
  const names = [...new Set([...normal.keys(), ...window.keys()].map((key) => key.split('|')[0] ?? ''))];
  const seriesOf = (name: string, kind: string, statistic: string): ServiceSeries | undefined => {
    const key = `${name}|${kind}|${statistic}`;
    const series = { normal: normal.get(key) ?? [], window: window.get(key) ?? [] };
    return series.window.some(Number.isFinite) ? series : undefined;
  };
  return names.flatMap((name) => {
    const measured = seriesOf(name, metric, 'Average');
    if (measured === undefined) return [];
    // Availability is a percentage of which less is worse.
    const failing = (value: number): number => (100 - value) / 100;
    const harm =
      metric === 'latency' ? measured : { normal: measured.normal.map(failing), window: measured.window.map(failing) };
    const requests = seriesOf(name, 'requests', 'Sum');
    return [{ name, harm, ...(requests === undefined ? {} : { requests }) }];
  });
}
