const MOST_EVIDENCE = 1e300;

/**
 * The strongest evidence there ever was of a mixture of bets, averaged over the bets and over every row at which what
 * they bet on may have begun (weight 1 / (k (k + 1)) of the k-th). While each ratio has mean 1 at most given the rows
 * before it, this is the maximum of a supermartingale that begins at 1: that it reaches 1/α has a chance of at most α,
 * however often one looks (Ville). A bet that begins at row k must outweigh its weight first, so what begins late is
 * found later. O(bets × rows).
 *
 * @param bets - how many, >= 1
 * @param ratioOf - what bet `bet` multiplies its stake by at `row`, >= 0; called once for each pair, rows in order
 * @returns an e-value, 1 without rows
 * @see Ville (1939), Étude critique de la notion de collectif
 */
export function strongestEvidence(rows: number, bets: number, ratioOf: (bet: number, row: number) => number): number {
  const sums = new Float64Array(bets);
  let most = 1;
  for (let row = 0; row < rows; row++) {
    const begins = 1 / ((row + 1) * (row + 2));
    let total = 0;
    for (let bet = 0; bet < bets; bet++) {
      const sum = Math.min(MOST_EVIDENCE, ((sums[bet] as number) + begins) * ratioOf(bet, row));
      sums[bet] = sum;
      total += sum;
    }
    // What has not begun yet counts as 1.
    most = Math.max(most, total / bets + 1 / (row + 2));
  }
  return most;
}
