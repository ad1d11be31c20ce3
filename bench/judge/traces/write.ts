import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { FIRST_BIN, isBad, type Trace, type TraceArm } from './trace';

/**
 * Writes traces as a recording, `traces.jsonl.gz`, and beside it what is true of them, `labels.jsonl`, in the form that
 * the peers' bench reads too.
 */
export async function writeTraces(folder: string, traces: Iterable<Trace>): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const gzip = createGzip();
  const done = finished(gzip.pipe(createWriteStream(join(folder, 'traces.jsonl.gz'))));
  const labels: string[] = [];
  for (const trace of traces) {
    if (!gzip.write(linesOf(trace))) await once(gzip, 'drain');
    labels.push(JSON.stringify(labelOf(trace)));
  }
  gzip.end();
  await done;
  writeFileSync(join(folder, 'labels.jsonl'), `${labels.join('\n')}\n`);
  return labels.length;
}

function linesOf({ id, minutes }: Trace): string {
  const lines = minutes.flatMap(({ weight, control, candidate }, minute) =>
    (
      [
        ['control', control],
        ['canary', candidate],
      ] as const
    ).flatMap(([variant, arm]) =>
      arm === null ? [] : [JSON.stringify({ trace_id: id, minute, variant, weight, ...numbersOf(arm) })],
    ),
  );
  return `${lines.join('\n')}\n`;
}

function numbersOf({ requests, errors, bins, cells }: TraceArm): object {
  const first = bins.findIndex((count) => count > 0);
  const last = bins.findLastIndex((count) => count > 0);
  const hist = {
    schema: 3,
    offset: Math.max(0, first) + FIRST_BIN,
    counts: first < 0 ? [] : bins.slice(first, last + 1),
  };
  const rounded =
    cells === null ? {} : { cells: { ...cells, sum_ms: cells.sum_ms.map((sum) => Math.round(sum * 100) / 100) } };
  return { requests, errors, hist, ...rounded };
}

function labelOf({ id, kind, onset, hasSteps, requestsPerMinute, baseErrorRate, minutes }: Trace): object {
  const bad = isBad(kind);
  return {
    trace_id: id,
    label: bad ? 'bad' : 'good',
    onset_minute: bad ? onset : null,
    kind,
    T: minutes.length,
    rpm: requestsPerMinute,
    steps: hasSteps,
    base_error: baseErrorRate,
  };
}
