import type { LiveScoreAnswer, ModelAnswer, ModelDriftAnswer } from '../api/answers';
import { evidence, measured } from './numbers';
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
  { heading: 'live', right: true },
  { heading: 'live AUC', right: true },
  { heading: 'live Brier', right: true },
  { heading: 'trained' },
];

/** Models, one a line. */
export function modelList(models: readonly ModelAnswer[], style: Style): string[] {
  if (models.length === 0) return ['no models of your own yet; the one that comes with Headgate decides'];
  const rows = models.map(({ version, stage, configuration, data, metrics, trainedAt, trialShare, live }) => [
    stage === 'champion' ? style.bold(version) : version,
    stage === 'champion' ? style.green(stage) : trialShare === undefined ? stage : `${stage}, ${trialShare} %`,
    modelName(configuration),
    String(data.rows),
    String(data.failures),
    measured(metrics['auc'] ?? null),
    measured(metrics['brier'] ?? null),
    String(live?.rollouts ?? 0),
    measured(live?.auc?.value ?? null),
    measured(live?.brier.value ?? null),
    trainedAt,
  ]);
  const better = models.flatMap(({ version, live }) =>
    live?.against?.isBetterBeyondNoise === true
      ? [
          `${version} beats ${live.against.champion} beyond noise on live rollouts; headgate model promote lets it decide`,
        ]
      : [],
  );
  const off = models.flatMap(({ version, stage, live }) =>
    stage === 'champion' && live?.calibration?.isOff === true
      ? [`${version} no longer says how many rollouts fail; see headgate model show ${version}`]
      : [],
  );
  const drifted = models.flatMap(({ drift }) =>
    (drift?.alerts ?? []).flatMap(({ drift: kind, text }) => (kind === 'inputs' ? [clean(text)] : [])),
  );
  return [...tableLines(COLUMNS, rows, style), ...better, ...off, ...drifted];
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
    ...(model.trialShare === undefined ? [] : [`on trial: decides for ${model.trialShare} % of the rollouts`]),
    ...(model.live === undefined ? [] : liveLines(model.live)),
    ...(model.drift === undefined ? [] : driftLines(model.drift)),
    `features: ${model.features.join(', ')}`,
  ];
}

function liveLines({ rollouts, failures, brier, logLoss, auc, calibration, against }: LiveScoreAnswer): string[] {
  const figure = (name: string, one: LiveScoreAnswer['brier']): string =>
    `  ${name}: ${measured(one.value)} (95 %: ${measured(one.low)} to ${measured(one.high)})`;
  return [
    `live, on ${rollouts} rollouts of known end, ${failures} of them failures:`,
    figure('brier', brier),
    figure('logLoss', logLoss),
    auc === null ? '  auc: – (rollouts of one kind of end only)' : figure('auc', auc),
    ...(calibration === undefined
      ? []
      : [
          `  calibration ${calibration.isOff ? 'has drifted' : 'not shown to be off'}: ${measured(calibration.expected)} failures expected, ${failures} seen; evidence ${evidence(calibration.evidence)} of ${evidence(calibration.needed)}`,
        ]),
    ...(against === undefined
      ? []
      : [
          figure(`brier below that of ${against.champion}`, against.gain),
          `  ${against.isBetterBeyondNoise ? 'better' : 'not shown better'} beyond noise: evidence ${evidence(against.evidence)} of ${evidence(against.needed)}`,
        ]),
  ];
}

/** Features that are shown beside those that have drifted. */
const MOST_SHOWN = 3;

function driftLines({ inputs, alerts }: ModelDriftAnswer): string[] {
  const { status, changes, needed, evidenceNeeded, features } = inputs;
  const isOff = features.some(({ isDrifted }) => isDrifted);
  const head = {
    no_rows:
      'inputs: not watched, since the rows it has learned from are not known; those of models trained from now on are',
    too_few: `inputs: ${changes} changes since its training are too few to tell, ${needed} are needed`,
    watched: `inputs ${isOff ? 'have drifted' : 'not shown to have drifted'}, over ${changes} changes since its training:`,
  }[status];
  const shown = features.filter(({ isDrifted }, index) => isDrifted || index < MOST_SHOWN);
  return [
    head,
    ...shown.map(
      (one) =>
        `  ${clean(one.feature)}: evidence ${evidence(one.evidence)} of ${evidence(evidenceNeeded)}, stability index ${one.stability.toFixed(2)} beyond chance${one.isDrifted ? ', drifted' : ''}`,
    ),
    ...alerts.map(
      ({ drift, since, isTold }) =>
        `alert of ${drift} since ${since}${isTold ? '' : ', which no receiver of webhooks has taken yet'}`,
    ),
  ];
}

function modelName({ model }: ModelAnswer['configuration']): string {
  return typeof model === 'string' ? clean(model) : '–';
}
