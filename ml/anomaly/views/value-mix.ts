import { ln } from '../../elementary/ln';
import type { View } from './view';

const CELLS = 10;
/** Points whose mix of values is compared. */
const RECENT = 60;
/** Memory of mean and spread, in points. */
const LONG = 3_000;
/** Cells for each standard deviation. */
const PER_DEVIATION = 1.5;

/**
 * Relative entropy of the last 60 values' distribution against all before, over ten cells set by running mean and
 * deviation: finds a series that became flat, or lives at another level, without any one value being unusual. O(cells)
 * time, bounded state.
 *
 * @see Wang et al. (2011), doi:10.1109/INM.2011.5990537
 */
export class ValueMix implements View {
  private readonly recentCells = new Int8Array(RECENT);
  private readonly recent = new Float64Array(CELLS);
  private readonly before = new Float64Array(CELLS).fill(0.5);
  private beforeTotal = 0.5 * CELLS;
  private seen = 0;
  private mean = 0;
  private variance = 0;

  see(value: number): number | null {
    const cell = this.cellOf(value);
    const slot = this.seen % RECENT;
    if (this.seen >= RECENT) this.retire(this.recentCells[slot] as number);
    this.recentCells[slot] = cell;
    this.recent[cell] = (this.recent[cell] as number) + 1;
    this.seen += 1;
    return this.seen <= 2 * RECENT + 1 ? null : this.divergence();
  }

  private cellOf(value: number): number {
    if (this.seen === 0) this.mean = value;
    const count = Math.min(this.seen + 1, LONG);
    const step = value - this.mean;
    this.mean += step / count;
    this.variance += (step * step - this.variance) / count;
    const deviation = Math.sqrt(this.variance) || 1;
    const cell = Math.floor(((value - this.mean) / deviation) * PER_DEVIATION + CELLS / 2);
    return Math.max(0, Math.min(CELLS - 1, cell));
  }

  private retire(cell: number): void {
    this.recent[cell] = (this.recent[cell] as number) - 1;
    this.before[cell] = (this.before[cell] as number) + 1;
    this.beforeTotal += 1;
  }

  private divergence(): number {
    let sum = 0;
    for (let cell = 0; cell < CELLS; cell += 1) {
      const count = this.recent[cell] as number;
      if (count > 0) sum += count * ln(count / RECENT / ((this.before[cell] as number) / this.beforeTotal));
    }
    return Math.max(0, sum);
  }
}
