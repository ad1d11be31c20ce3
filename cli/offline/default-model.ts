import { defaultPredictor } from '../../ml/prediction/default-predictor';
import type { Predictor } from '../../ml/prediction/predictor';

/** The predictor that ships with Headgate. */
export async function loadDefaultPredictor(): Promise<Predictor> {
  return defaultPredictor();
}
