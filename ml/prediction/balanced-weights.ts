/**
 * Weights under which failures and successes count alike, adding up to the number of rows: for failures so rare that a
 * model would hardly look at them.
 *
 * @param labels - 0 or 1
 * @returns 1 for all rows when they are of one class
 */
export function balancedWeights(labels: Float64Array): Float64Array {
  const failures = labels.reduce((sum, label) => sum + label, 0);
  const successes = labels.length - failures;
  if (failures === 0 || successes === 0) return labels.map(() => 1);
  return labels.map((label) => labels.length / (2 * (label === 1 ? failures : successes)));
}
