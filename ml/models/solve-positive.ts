/**
 * Solves `A x = b` for a symmetric positive definite A by Cholesky's decomposition, in A's own memory. O(n³).
 *
 * @param matrix - n × n, row by row; only the lower triangle is read, and it is overwritten
 * @param vector - n numbers
 * @returns x; a direction that A leaves open (pivot at 0 but for rounding) stays close to 0
 */
export function solvePositive(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column] as number;
      for (let at = 0; at < column; at++) {
        sum -= (matrix[row * size + at] as number) * (matrix[column * size + at] as number);
      }
      const pivot = matrix[column * size + column] as number;
      matrix[row * size + column] = row === column ? Math.sqrt(Math.max(sum, 1e-10)) : sum / pivot;
    }
  }
  const solution = Float64Array.from(vector);
  for (let row = 0; row < size; row++) {
    let sum = solution[row] as number;
    for (let at = 0; at < row; at++) sum -= (matrix[row * size + at] as number) * (solution[at] as number);
    solution[row] = sum / (matrix[row * size + row] as number);
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = solution[row] as number;
    for (let at = row + 1; at < size; at++) sum -= (matrix[at * size + row] as number) * (solution[at] as number);
    solution[row] = sum / (matrix[row * size + row] as number);
  }
  return solution;
}
