import type { Command } from 'commander';
import { assembleFeatures, buildFeatures, changeFeatures, type FeatureValues } from '../../changes/features/assemble';
import { shippedModelFeatures } from '../../changes/features/shipped-model-features';
import type { MeasuredRange } from '../../changes/measure-range';
import type { ChangeMeasures } from '../../changes/measures/change-measures';
import { mainContributions, wordsOf } from '../../ml/explanation/words';
import type { Predictor } from '../../ml/prediction/predictor';
import { loadDefaultPredictor } from '../offline/default-model';
import { measureChangeIn, readBuildFacts } from '../offline/measure-change';
import { readPredictor } from '../offline/predictor-file';
import { assessmentLines } from '../render/assessment-lines';
import { does, type CommandContext } from './command';

interface AssessOptions {
  readonly repo: string;
  readonly model?: string;
  readonly build?: string;
  readonly cache: boolean;
}

/** A change with what is predicted of it. */
export interface AssessedChange {
  readonly measures: ChangeMeasures;
  readonly score: {
    readonly probability: number;
    /** Share of the changes the model was calibrated on that scored lower, 0–1. */
    readonly rank: number | null;
    readonly reasons: readonly string[];
    readonly caveats: readonly string[];
  };
}

/** What `headgate assess --json` prints. */
export interface Assessment extends AssessedChange {
  readonly range: string;
  readonly since: string | null;
  readonly until: string;
  /** Features of the build by the names of the catalogue; absent when none was told. */
  readonly build?: FeatureValues;
  readonly model: {
    readonly name: string;
    readonly trainedOn: Predictor['json']['trainedOn'];
    /** Names that it knows. */
    readonly features: readonly string[];
  };
  readonly commits: readonly (AssessedChange & {
    readonly id: string;
    readonly subject: string;
    readonly authoredAt: string;
  })[];
  /** What could not be measured, and why. */
  readonly unknown: readonly string[];
  readonly history: MeasuredRange['history'];
}

/** `headgate assess`: how likely a change is to fail, from git alone. */
export function addAssessCommand(program: Command, context: CommandContext): void {
  does<AssessOptions>(
    program
      .command('assess')
      .argument('[range]', 'a commit, or a range such as main..HEAD', 'HEAD')
      .description('measure a change in git and predict how likely it is to fail; needs no server')
      .option('--repo <dir>', 'folder inside the repository', '.')
      .option('--model <file>', 'a model of `headgate model train` instead of the one that comes with Headgate')
      .option('--build <file>', 'JSON of what CI knows of the build (seconds, usualSeconds, dependenciesChanged …)')
      .option('--no-cache', 'measure the whole history anew instead of what has come since the last time'),
    context,
    async (session, { repo, model, build, cache }, range = 'HEAD') => {
      const built = build === undefined ? {} : buildFeatures(await readBuildFacts(session.io, build));
      const predictor = model === undefined ? await loadDefaultPredictor() : await readPredictor(session.io, model);
      const measured = await measureChangeIn(session.io, { range, repo, cache });
      const assessment = assess(measured, range, predictor, model ?? 'shipped', built);
      session.answer(assessment, () => assessmentLines(assessment, session.style));
    },
  );
}

/**
 * Puts measures and predictions together.
 *
 * @param build - features of the build of the whole range; a single commit was not built by itself
 */
export function assess(
  measured: MeasuredRange,
  range: string,
  predictor: Predictor,
  model: string,
  build: FeatureValues = {},
): Assessment {
  const { since, until, unknown, history } = measured;
  return {
    range,
    since,
    until,
    ...assessChange(measured.measures, predictor, build),
    ...(Object.keys(build).length === 0 ? {} : { build }),
    model: { name: model, trainedOn: predictor.json.trainedOn, features: predictor.features },
    commits: measured.commits.map(({ id, subject, authoredAt, measures }) => ({
      id,
      subject,
      authoredAt: new Date(authoredAt * 1000).toISOString(),
      ...assessChange(measures, predictor),
    })),
    unknown,
    history,
  };
}

function assessChange(measures: ChangeMeasures, predictor: Predictor, build: FeatureValues = {}): AssessedChange {
  const values = { ...assembleFeatures(changeFeatures(measures), build), ...shippedModelFeatures(measures) };
  const { probability, rank, caveats } = predictor.score(values);
  const reasons = mainContributions(predictor.contributions(predictor.rowOf(values)))
    // What the change has less of than usual explains a low score, not a high one.
    .map((contribution) => `${wordsOf(contribution)} (${contribution.logOdds > 0 ? 'riskier' : 'safer'})`);
  // A model only knows how changes of files fared.
  const empty = measures.nf === 0 ? ['changes no file: what is said of it is a guess'] : [];
  return { measures, score: { probability, rank, reasons, caveats: [...empty, ...caveats] } };
}
