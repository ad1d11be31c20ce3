import { fitModel, LearnerKind, type TrainingRows } from '../models/model';
import type { Member } from './members';
import { PredictorKind } from './predictor-json';

/**
 * What `auto` averages, in log odds. Trees carry most of it; a smooth line and a small network err differently, and their share steadies the
 * answer where later changes leave the range of earlier ones. Validation within training parts preferred it to every single model
 * (docs/prediction.md).
 */
const AUTO: readonly (readonly [LearnerKind, number])[] = [
  [LearnerKind.Forest, 1],
  [LearnerKind.Boosting, 2],
  [LearnerKind.Logistic, 0.3],
  [LearnerKind.Network, 0.3],
];

/** Trains the models of a kind of predictor. */
export function fitMembers(kind: Exclude<PredictorKind, 'prior'>, rows: TrainingRows, seed: number): Member[] {
  if (kind !== PredictorKind.Auto) return [{ weight: 1, model: fitModel(kind, rows, seed) }];
  return AUTO.map(([learner, weight], index) => ({ weight, model: fitModel(learner, rows, seed + index) }));
}
