import { expectAt, type BaselineProfile } from '../baseline/profile';
import { learnVectorModel, vectorRest, type VectorModel, type VectorRest } from './vector';

/** What is known of how the metrics of one segment move together. Plain JSON; totals of windows, nothing of any user. */
export interface VectorBaseline {
  /** Names of the metrics, in the order of a row. */
  readonly metrics: readonly string[];
  /** The newest windows it knows, each metric less what is usual at that hour; oldest first, at most {@link MAX_ROWS}. */
  readonly rows: readonly (readonly number[])[];
  /** Null while the rows are too few. */
  readonly model: VectorModel | null;
}

/** One window of a segment: the value and the units of each metric, in the baseline's order. */
export interface VectorWindow {
  readonly atMs: number;
  readonly values: readonly number[];
  readonly units: readonly number[];
}

/** Rows kept: some days of windows of a quarter of an hour. */
export const MAX_ROWS = 300;

/**
 * Refines a vector baseline by the windows of an ended rollout; with other metrics than before it begins anew. Of many
 * windows an even choice is taken, so that one long rollout does not push out all others. O(windows · metrics + rows ·
 * metrics² + metrics³).
 *
 * @param windows - in time order; those that a profile expects nothing of are left out
 */
export function learnVectorBaseline(
  known: VectorBaseline | null,
  metrics: readonly string[],
  windows: readonly VectorWindow[],
  profiles: Readonly<Record<string, BaselineProfile>>,
): VectorBaseline {
  const standing = known !== null && isSame(known.metrics, metrics) ? known.rows : [];
  const fresh = windows.flatMap((window) => {
    const row = rowOf(metrics, window, profiles);
    return row === null ? [] : [row];
  });
  const most = MAX_ROWS / 3;
  const chosen =
    fresh.length <= most
      ? fresh
      : Array.from({ length: most }, (_, i) => fresh[Math.floor((i * fresh.length) / most)] as number[]);
  const rows = [...standing, ...chosen].slice(-MAX_ROWS);
  return { metrics: [...metrics], rows, model: learnVectorModel(rows) };
}

/**
 * How badly one window fits how the metrics usually move together. A window of fewer units than usual is allowed the
 * more noise that such windows have.
 *
 * @returns null where no model, no profile or no data tells
 */
export function restAgainst(
  { metrics, model }: Pick<VectorBaseline, 'metrics' | 'model'>,
  window: VectorWindow,
  profiles: Readonly<Record<string, BaselineProfile>>,
): VectorRest | null {
  if (model === null || window.units.some((units) => !(units > 0))) return null;
  const row = rowOf(metrics, window, profiles);
  if (row === null) return null;
  const noise = metrics.map((metric, j) => {
    const profile = profiles[metric] as BaselineProfile;
    return profile.within ** 2 * Math.max(0, profile.units / (window.units[j] as number) - 1);
  });
  return vectorRest(model, row, noise);
}

/** Each metric less what is usual at that hour; null unless all are known. */
function rowOf(
  metrics: readonly string[],
  { atMs, values }: VectorWindow,
  profiles: Readonly<Record<string, BaselineProfile>>,
): number[] | null {
  const row: number[] = [];
  for (const [j, metric] of metrics.entries()) {
    const profile = profiles[metric];
    const expected = profile === undefined ? null : expectAt(profile, atMs);
    const value = values[j];
    if (expected === null || value === undefined || !Number.isFinite(value)) return null;
    row.push(value - expected.value);
  }
  return row;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
