import { fitModel, LearnerKind, type TrainingRows } from '../models/model';
import type { Member } from './members';
import { PredictorKind } from './predictor-json';

/**
 * What `auto` is made of. Trees carry it. Lines added alone are among them because much that is learned beside them
 * does not hold for later changes. A smooth line and a small network err differently and so help, but err far where
 * changes leave the range of earlier ones: they move the answer, within bounds. Validation within training parts
 * preferred this to every single model (docs/prediction.md).
 */
const AUTO: readonly (readonly [learner: LearnerKind, weight: number, within?: number])[] = [
  [LearnerKind.Extra, 1],
  [LearnerKind.Boosting, 2],
  [LearnerKind.Single, 0.6],
  [LearnerKind.Logistic, 0.2, 0.3],
  [LearnerKind.Network, 0.2, 0.3],
];

/** Trains the models of a kind of predictor. */
export function fitMembers(kind: Exclude<PredictorKind, 'prior'>, rows: TrainingRows, seed: number): Member[] {
  if (kind !== PredictorKind.Auto) return [{ weight: 1, model: fitModel(kind, rows, seed) }];
  return AUTO.map(([learner, weight, within], index) => ({
    weight,
    ...(within === undefined ? {} : { within }),
    model: fitModel(learner, rows, seed + index),
  }));
}
