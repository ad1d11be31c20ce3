/** Largest exponent of a double, and least of a normal one. */
const MOST = 1023;
const LEAST = -1022;
/** Place of 2⁰ in the table. */
export const ONE_AT = 1022;

/** 2⁻¹⁰²² to 2¹⁰²³, in order: a product with one of them is exact as long as it is a normal double. */
export const POWERS_OF_TWO: Float64Array = powers();

/** Doubling and halving are exact everywhere; `**` is not promised to be. */
function powers(): Float64Array {
  const table = new Float64Array(MOST - LEAST + 1);
  let [up, down] = [1, 1];
  for (let exponent = 0; exponent <= MOST; exponent++) {
    table[ONE_AT + exponent] = up;
    if (exponent <= -LEAST) table[ONE_AT - exponent] = down;
    up *= 2;
    down /= 2;
  }
  return table;
}
