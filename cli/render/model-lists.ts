import type { ModelAnswer } from '../api/answers';
import { measured } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

const COLUMNS = [
  { heading: 'version' },
  { heading: 'stage' },
  { heading: 'model' },
  { heading: 'rollouts', right: true },
  { heading: 'failed', right: true },
  { heading: 'AUC', right: true },
  { heading: 'Brier', right: true },
  { heading: 'trained' },
];

/** Models, one a line. */
export function modelList(models: readonly ModelAnswer[], style: Style): string[] {
  if (models.length === 0) return ['no models of your own yet; the one that comes with Headgate decides'];
  const rows = models.map(({ version, stage, configuration, data, metrics, trainedAt }) => [
    stage === 'champion' ? style.bold(version) : version,
    stage === 'champion' ? style.green(stage) : stage,
    modelName(configuration),
    String(data.rows),
    String(data.failures),
    measured(metrics['auc'] ?? null),
    measured(metrics['brier'] ?? null),
    trainedAt,
  ]);
  return tableLines(COLUMNS, rows, style);
}

/** One model with everything that is kept of it. */
export function modelDetails(model: ModelAnswer, style: Style): string[] {
  const figures = Object.entries(model.metrics).map(([name, value]) => `  ${name}: ${measured(value)}`);
  return [
    `${style.bold(model.version)} (${model.stage})`,
    `${modelName(model.configuration)}, seed ${model.seed}, by Headgate ${clean(model.codeVersion)}`,
    `trained ${model.trainedAt} by ${clean(model.trainedBy)} on ${model.data.rows} rollouts, ${model.data.failures} of them failures`,
    style.dim(`rows ${model.data.fingerprint}`),
    ...(model.promotedBy === undefined
      ? []
      : [`champion since ${model.promotedAt ?? ''} by ${clean(model.promotedBy)}: ${clean(model.promotedFor ?? '')}`]),
    'on later rollouts:',
    ...figures,
    `features: ${model.features.join(', ')}`,
  ];
}

function modelName({ model }: ModelAnswer['configuration']): string {
  return typeof model === 'string' ? clean(model) : '–';
}
