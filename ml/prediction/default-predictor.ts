import json from './default-model.json';
import { loadPredictor } from './load-predictor';
import type { Predictor } from './predictor';

let loaded: Predictor | undefined;

/**
 * The predictor that ships with Headgate, so that the first prediction needs no history: learned from 72,000 commits of
 * five open-source projects (Zeng et al., ISSTA 2021; default-model.NOTICE.txt), each project counting alike. It knows
 * commits that brought in bugs, not rollouts that failed: take its rank as it is, and its probability through `rebase`
 * to the base rate at hand.
 *
 * Its features are Kamei's fourteen measures by the names ns, nd, nf, entropy, la, ld, lt, fix, ndev, age, nuc, exp,
 * rexp and sexp, in the units of that data: `changes/features/shipped-model-features.ts` gives them.
 */
export function defaultPredictor(): Predictor {
  return (loaded ??= loadPredictor(json));
}
