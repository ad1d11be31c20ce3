import erfc from '@stdlib/math-base-special-erfc';
import { ln } from '../elementary/ln';
import { logMeanEvidence } from './mixture-evidence';

/** Variances of the effect, in units of the noise's, that the mixture is spread over. */
const SPREADS = [0.3, 3] as const;

/** What a test of a common shift of blocks rests on; all in units of the noise expected of one block. */
export interface RobustSums {
  /** Blocks seen. */
  readonly blocks: number;
  /** (Σ score)² ÷ Σ variance, and the sign of the sum. */
  readonly deviance: number;
  readonly isHarm: boolean;
  /** Sum of squared residuals around the common shift. */
  readonly residuals: number;
  /** Blocks that the expected noise is worth, > 0. */
  readonly prior: number;
}

/**
 * Evidence (natural log of an e-value) of a one-sided sequential t mixture whose noise is partly known: normal effect,
 * inverse-gamma variance around 1 worth `prior` blocks. Scale comes from the blocks themselves, so noise of any size is
 * not taken for an effect; the prior lets large effects be seen after few blocks. O(1).
 *
 * @see Lai (1976), doi:10.1214/aos/1176343406; Grünwald, de Heide, Koolen (2024), doi:10.1093/jrsssb/qkae011
 */
export function logRobustEvidence({ blocks, deviance, isHarm, residuals, prior }: RobustSums): number {
  if (blocks === 0) return 0;
  const squares = residuals + prior;
  const freedom = prior + blocks;
  const scaled = deviance / squares;
  const z = (isHarm ? 1 : -1) * Math.sqrt(scaled * (freedom - 1));
  return logMeanEvidence(
    SPREADS.map((spread) => {
      const growth = 1 + blocks * spread;
      const tail = erfc(-z * Math.sqrt((blocks * spread) / growth / 2));
      if (tail <= 0) return Number.NEGATIVE_INFINITY;
      return -0.5 * ln(growth) + (freedom / 2) * (ln(1 + scaled) - ln(1 + scaled / growth)) + ln(tail);
    }),
  );
}
