import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { LabelledSeries } from './nab-score';

/** Reads `YYYY-MM-DD HH:MM:SS` of the benchmark's files as UTC, in milliseconds; fractions of a second are dropped. */
function instantOf(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
}

/**
 * Reads a folder of the Numenta Anomaly Benchmark: `group/name.csv` or `.csv.gz`, and `windows.json`. Null when it is
 * not there.
 */
export function readCorpus(folder: string): LabelledSeries[] | null {
  const labels = join(folder, 'windows.json');
  if (!existsSync(labels)) return null;
  const windows = JSON.parse(readFileSync(labels, 'utf8')) as Record<string, [string, string][]>;
  const names = Object.keys(windows).sort();
  const present = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (path) => [path.replace(/\.gz$/u, ''), path] as const,
    ),
  );
  return names.flatMap((name) => {
    const path = present.get(name);
    return path === undefined ? [] : [readSeries(name, join(folder, path), windows[name] ?? [])];
  });
}

function readSeries(name: string, path: string, windows: readonly [string, string][]): LabelledSeries {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const rows = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(','));
  return {
    name: name.replace(/\.csv$/u, ''),
    atMs: rows.map(([at]) => instantOf(at ?? '')),
    values: rows.map(([, value]) => Number(value)),
    windows: windows.map(([from, to]) => [instantOf(from), instantOf(to)] as const),
  };
}
