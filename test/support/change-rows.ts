import { mulberry32 } from '../../ml/random/mulberry32';
import type { Table } from '../../ml/tables/table';

/**
 * Changes made up here: `size` raises the risk, `skill` lowers it, `noise` says nothing, `gaps` is missing every fourth
 * time.
 */
export function givenChanges(rows: number, seed = 1): { table: Table; labels: Float64Array; times: Float64Array } {
  const rng = mulberry32(seed);
  const columns = [0, 1, 2, 3].map(() => new Float64Array(rows));
  const [size, skill, noise, gaps] = columns as [Float64Array, Float64Array, Float64Array, Float64Array];
  const labels = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const small = rng();
    size[row] = Math.floor(400 * small * small * small);
    skill[row] = Math.floor(50 * rng());
    noise[row] = rng();
    gaps[row] = row % 4 === 3 ? Number.NaN : Math.floor(10 * rng());
    const risk = 0.04 + 0.002 * (size[row] as number) * (1 - (skill[row] as number) / 70);
    labels[row] = rng() < Math.min(0.95, risk) ? 1 : 0;
  }
  const table = { names: ['size', 'skill', 'noise', 'gaps'], columns, rows };
  return { table, labels, times: Float64Array.from({ length: rows }, (_, row) => 1_700_000_000_000 + row * 3_600_000) };
}
