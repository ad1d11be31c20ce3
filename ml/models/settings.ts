import type { BoostingOptions } from './boosting';
import type { ForestOptions } from './forest';
import type { LogisticOptions } from './logistic';
import type { NetworkOptions } from './network';
import type { TeamForestOptions } from './team-forest';

/**
 * Settings of all models. They were chosen by time-ordered validation within training parts of public data of code
 * changes, never on the parts that figures are quoted of; docs/prediction.md says how.
 */
export const FOREST: ForestOptions = {
  trees: 60,
  minLeafRows: 20,
  minLeafShare: 1 / 400,
  maxDepth: 11,
  featureShare: 0.3,
  rowShare: 1,
};

/** Trees of random cuts err differently from those of best cuts. */
export const EXTRA_TREES: ForestOptions = {
  trees: 50,
  minLeafRows: 5,
  minLeafShare: 1 / 1500,
  maxDepth: 10,
  featureShare: 0.5,
  rowShare: 1,
  extraRandom: true,
};

/** Many small steps. */
export const BOOSTING: BoostingOptions = {
  trees: 160,
  leastTrees: 120,
  maxDepth: 4,
  learningRate: 0.05,
  minLeafWeight: 5,
  shrinkage: 1,
  featureShare: 0.4,
  rowShare: 0.7,
};

/** A pull of a few rows: it matters to small sets alone. */
export const LOGISTIC: LogisticOptions = { ridge: 10 };

/** One small layer: wider ones were no better on changes. */
export const NETWORK: NetworkOptions = { hidden: 16, epochs: 12, batch: 64, learningRate: 0.004, decay: 0.02 };

/** More trees make votes finer; training time grows with their number and the square of the rows. */
export const TEAM_FOREST: Omit<TeamForestOptions, 'seed'> = { trees: 40, maxDepth: 12, minLeafRows: 10 };
