import { exp } from '../../ml/elementary/exp';

/** Schema of Headgate's own histograms: eight bins for each doubling. */
const OWN_SCHEMA = 3;
const LN2_8 = Math.LN2 / 8;

/** A Prometheus native (or OpenTelemetry exponential) histogram as written in a recording. */
export interface NativeHistogram {
  /** 2^schema bins for each doubling, −4 to 8. */
  readonly schema: number;
  /** Index of the first bin: bin `i` holds values in (base^(i−1), base^i]. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/**
 * Counts by Headgate's own bins. Finer bins are added up exactly; a coarser one is counted where its geometric middle
 * lies, which shifts both arms alike.
 */
export function toOwnBins({ schema, offset, counts }: NativeHistogram): Map<number, number> {
  const bins = new Map<number, number>();
  for (const [position, count] of counts.entries()) {
    if (count === 0) continue;
    const bin = ownBin(offset + position, schema);
    bins.set(bin, (bins.get(bin) ?? 0) + count);
  }
  return bins;
}

function ownBin(index: number, schema: number): number {
  const ratio = 2 ** (OWN_SCHEMA - schema);
  return ratio <= 1 ? Math.ceil(index * ratio) : Math.ceil((index - 0.5) * ratio);
}

/** Upper edge of a bin, in the value's unit. */
export function upperEdge(bin: number): number {
  return exp(bin * LN2_8);
}

/** The value that a bin's members count as: its geometric middle. */
export function middleOf(bin: number): number {
  return exp((bin - 0.5) * LN2_8);
}

/**
 * How many of a histogram's values lie above a limit; the bin that holds the limit is parted as if evenly filled on a
 * log scale.
 */
export function countAbove(bins: ReadonlyMap<number, number>, limit: number): number {
  const edge = Math.log2(limit) * 8;
  let above = 0;
  for (const [bin, count] of bins) {
    if (bin - 1 >= edge) above += count;
    else if (bin > edge) above += Math.round(count * (bin - edge));
  }
  return above;
}
