import type { RecordedArm } from '../../metrics/recorded/recorded-arm';

/** The lines of a trace go on after those of another: the recording is not grouped by trace. */
export class NotGroupedError extends Error {}

/**
 * Gathers lines by trace. While all lines of a trace follow each other, no more than one trace is held.
 *
 * @throws {NotGroupedError} on iteration, when a trace goes on after another has begun
 */
export async function* groupedTraces(rows: AsyncIterable<RecordedArm>): AsyncGenerator<RecordedArm[]> {
  const ended = new Set<string>();
  let current: RecordedArm[] = [];
  for await (const row of rows) {
    const id = current[0]?.traceId;
    if (id !== undefined && id !== row.traceId) {
      yield current;
      ended.add(id);
      current = [];
    }
    if (ended.has(row.traceId)) throw new NotGroupedError(row.traceId);
    current.push(row);
  }
  if (current.length > 0) yield current;
}

/** The same for lines in any order, which holds all of them; traces in the order in which they begin. */
export async function gatheredTraces(rows: AsyncIterable<RecordedArm>): Promise<RecordedArm[][]> {
  const traces = new Map<string, RecordedArm[]>();
  for await (const row of rows) {
    const trace = traces.get(row.traceId);
    if (trace === undefined) traces.set(row.traceId, [row]);
    else trace.push(row);
  }
  return [...traces.values()];
}
