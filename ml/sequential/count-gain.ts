import { ln } from '../elementary/ln';

/** Events of two groups in one window, and what the null hypothesis says of them. */
export interface EventCounts {
  /** Events of the group under test, and of both. */
  readonly tested: number;
  readonly all: number;
  /** Share of the common events that falls on the tested group if nothing is wrong. */
  readonly share: number;
  /** Events the tested group may have on top, as an absolute margin allows. */
  readonly allowance: number;
}

/**
 * Gain (natural log of an e-value) of betting that the tested group's events come `ratio` times as often as the null
 * hypothesis allows, given all events of the window: `X ln θ − K ln c − a(θ/c − 1)` with c = 1 + w(θ − 1). Its mean is
 * at most 1 for independent Poisson or binomial events whatever their common rate, which cancels. O(1).
 *
 * @param logRatio - natural log of the ratio, for who asks about the same ratios again and again
 * @see Hoeffding (1963), doi:10.1080/01621459.1963.10500830 (binomial below Poisson)
 */
export function logCountGain(
  { tested, all, share, allowance }: EventCounts,
  ratio: number,
  logRatio = ln(ratio),
): number {
  const common = 1 + share * (ratio - 1);
  return tested * logRatio - all * ln(common) - allowance * (ratio / common - 1);
}

/**
 * The same for draws without replacement, when the two groups' units are exchangeable (no margin, or one already taken
 * out of the values): the least of three bounds of the hypergeometric generating function, which is sharper when events
 * are no longer rare. O(1).
 *
 * @param units - of the tested group, and of both
 * @see Serfling (1974), doi:10.1214/aos/1176342611
 */
export function logExchangeableGain(
  { tested, all }: Pick<EventCounts, 'tested' | 'all'>,
  units: { readonly tested: number; readonly all: number },
  ratio: number,
): number {
  if (!(units.all > 0) || !(all > 0)) return 0;
  const rate = all / units.all;
  const share = units.tested / units.all;
  const log = ln(ratio);
  const byUnits = units.tested * ln(1 + rate * (ratio - 1));
  const byEvents = all * ln(1 + share * (ratio - 1));
  const left = Math.max(0, 1 - (units.tested - 1) / units.all);
  const byRange = units.tested * rate * log + (units.tested * left * log * log) / 8;
  return tested * log - Math.min(byUnits, byEvents, byRange);
}
