/** What is used of ml-regression 6.3, which brings no types. */
declare module 'ml-regression' {
  /** Ordinary least squares. */
  export class MultivariateLinearRegression {
    constructor(
      inputs: readonly (readonly number[])[],
      outputs: readonly (readonly number[])[],
      options?: { readonly intercept?: boolean; readonly statistics?: boolean },
    );
    /** One row for each column of the inputs, one number for each of the outputs. */
    readonly weights: readonly (readonly number[])[];
    /** Covariance of the weights. */
    readonly stdErrorMatrix: { get(row: number, column: number): number };
    /** Residual standard deviation. */
    readonly stdError: number;
  }
}
