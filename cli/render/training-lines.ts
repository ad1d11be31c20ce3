import type { TrainingAnswer } from '../api/answers';
import { clean } from './text';

/** Where a training stands or what came of it, and why. */
export function trainingLine({ report, why }: TrainingAnswer): string {
  if (why !== undefined) return `the training failed: ${clean(why)}`;
  if (report === undefined) return 'gathers ended rollouts, trains each kind of model and compares them';
  const { status, rows, failures, needed, version = 'a model', isChampion = false, reason = '' } = report;
  const known = `${rows} labelled rollouts, ${failures} of them failures`;
  if (status === 'too_few_rows') return `nothing was trained: ${known}; ${needed} are needed`;
  if (status === 'unchanged') return `nothing was trained: the newest model was made of these ${known}`;
  const became = isChampion ? 'is champion now and decides' : 'is a challenger';
  return `trained ${clean(version)} on ${known}; it ${became}: ${clean(reason)}`;
}
