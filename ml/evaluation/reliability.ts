/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Lower and upper end of the probabilities in it. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean probability that was predicted. */
  readonly predicted: number;
  /** Share of positive rows that was seen. */
  readonly observed: number;
}

/** Reliability diagram: predicted against observed in bins of equal width; bins without rows are left out. O(n). */
export function reliabilityBins(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = 10,
): ReliabilityBin[] {
  const rows = new Float64Array(bins);
  const predicted = new Float64Array(bins);
  const observed = new Float64Array(bins);
  for (let row = 0; row < probabilities.length; row++) {
    const probability = probabilities[row] as number;
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(probability * bins)));
    rows[bin] = (rows[bin] as number) + 1;
    predicted[bin] = (predicted[bin] as number) + probability;
    observed[bin] = (observed[bin] as number) + (labels[row] as number);
  }
  return Array.from(rows, (count, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    rows: count,
    predicted: (predicted[bin] as number) / count,
    observed: (observed[bin] as number) / count,
  })).filter((bin) => bin.rows > 0);
}

/** Expected calibration error: the mean distance of predicted and observed over the bins, by their rows; NaN without rows. */
export function calibrationError(probabilities: ArrayLike<number>, labels: ArrayLike<number>, bins = 10): number {
  let sum = 0;
  for (const bin of reliabilityBins(probabilities, labels, bins))
    sum += bin.rows * Math.abs(bin.predicted - bin.observed);
  return sum / probabilities.length;
}
