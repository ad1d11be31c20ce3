import type { Command } from 'commander';
import { stringify } from 'yaml';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { parsePlan } from '../../flags/plan/parse-plan';
import type { StartAnswer } from '../api/answers';
import { featuresOf } from '../offline/measure-change';
import { exitCodeOfOutcome, isEnd, type ExitCode } from '../exit-codes';
import { followRollout } from '../follow/follow-rollout';
import { readNamedFile } from '../read-file';
import { statusLines } from '../render/status-lines';
import { clean } from '../render/text';
import type { Session } from '../session';
import { withLines } from '../with-lines';
import { writtenEnvironment } from '../written-environment';
import { does, numberBetween, type CommandContext } from './command';

interface StartOptions {
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly again?: boolean;
  readonly replace?: boolean;
  readonly requestsPerMinute?: number;
  readonly errorRate?: number;
  readonly assess?: string | true;
  readonly repo?: string;
  readonly build?: string;
  readonly overridePrediction?: string;
}

/** A start with `--replace` waits for the other rollout's end. */
const START_TIMEOUT_MS = 70_000;

/** `headgate rollout start` */
export function addRolloutStart(rollout: Command, context: CommandContext): void {
  const command = rollout
    .command('start <plan>')
    .description('start the rollout of a plan file (YAML or JSON; - reads input), or attach to the same one')
    .option('--wait', 'follow it to its end; the exit code tells how it ended')
    .option('--dry-run', 'start nothing: print the plan with every default, and what is known of its traffic')
    .option('--again', 'start anew although the same rollout has finished')
    .option('--replace', "end another plan's live rollout of this flag as superseded first")
    .option(
      '--requests-per-minute <number>',
      'for --dry-run: traffic to reckon with',
      numberBetween('--requests-per-minute', 1e-9, 1e9),
    )
    .option('--assess [range]', 'measure the change in git (HEAD, or main..HEAD) and send it along for predictions')
    .option('--repo <dir>', 'for --assess: folder inside the repository', '.')
    .option(
      '--build <file>',
      'JSON of what CI knows of the build (seconds, usualSeconds, testsFailed …), for predictions',
    )
    .option(
      '--override-prediction <reason>',
      'start although the prediction asks for less risk than the plan allows to start with',
    )
    .option('--error-rate <share>', 'for --dry-run: its base rate, 0 to 1', numberBetween('--error-rate', 0, 1));
  does<StartOptions>(command, context, start);
}

async function start(session: Session, options: StartOptions, path = ''): Promise<ExitCode | void> {
  checkOptions(options);
  const text = await readNamedFile(session.io, path);
  const environment = await writtenEnvironment(session, text, 'the plan');
  const { file, lineOf } = parsePlan(text, { environment, format: path.endsWith('.json') ? 'json' : 'yaml' });
  const { dryRun = false, again = false, replace = false, requestsPerMinute, errorRate = 0.01 } = options;
  const assume = requestsPerMinute === undefined ? undefined : { requestsPerMinute, errorRate };
  const features = await featuresOf(session.io, featureOptions(options));
  const answer = await send(session, environment, {
    plan: overridden(file, options),
    again,
    replace,
    dryRun,
    assume,
    features,
  }).catch((error: unknown) => {
    throw withLines(error, lineOf);
  });
  if (dryRun) {
    session.answer(answer, () => [stringify(answer.plan).trimEnd(), ...answer.notes.map((note) => `# ${clean(note)}`)]);
    return;
  }
  if (answer.outcome === 'finished') return finished(session, answer, options.wait === true);
  say(session, answer, environment, options.wait === true);
  if (options.wait === true && answer.rolloutId !== null) return followRollout(session, environment, answer.rolloutId);
}

/**
 * The plan with a person's reason for starting it against the prediction; it is part of the plan, and so of what is
 * recorded.
 */
function overridden(file: unknown, { overridePrediction: override }: StartOptions): unknown {
  if (override === undefined || typeof file !== 'object' || file === null) return file;
  const prediction: unknown = Reflect.get(file, 'prediction');
  return { ...file, prediction: { ...(typeof prediction === 'object' ? prediction : {}), override } };
}

function featureOptions({ assess, repo, build }: StartOptions): Parameters<typeof featuresOf>[1] {
  return {
    ...(assess === undefined ? {} : { range: assess === true ? 'HEAD' : assess }),
    ...(repo === undefined ? {} : { repo }),
    ...(build === undefined ? {} : { build }),
  };
}

function checkOptions({ wait, dryRun, requestsPerMinute, errorRate }: StartOptions): void {
  if (wait && dryRun) throw wrongOptions('--wait and --dry-run exclude each other');
  if (!dryRun && (requestsPerMinute !== undefined || errorRate !== undefined)) {
    throw wrongOptions('--requests-per-minute and --error-rate belong to --dry-run');
  }
  if (errorRate !== undefined && requestsPerMinute === undefined) {
    throw wrongOptions('--error-rate says nothing without --requests-per-minute');
  }
}

function wrongOptions(message: string): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, message);
}

async function send(session: Session, environment: string, body: object): Promise<StartAnswer> {
  const path = ['environments', environment, 'rollouts'];
  // `--timeout` bounds the wait for the rollout's end; the start itself needs its own time.
  const timeoutMs = Math.min(START_TIMEOUT_MS, session.options.timeout ?? START_TIMEOUT_MS);
  return (await session.api.call<StartAnswer>('POST', path, { body, timeoutMs })).body;
}

/** The same rollout has ended before: its outcome is the answer, whether or not anybody wants to wait. */
function finished(session: Session, answer: StartAnswer, follows: boolean): ExitCode | void {
  const { status, rolloutId } = answer;
  session.note(`${rolloutId ?? 'this rollout'} has ended already; --again starts it anew`);
  // Who waits reads one document a line, also where there is but one.
  if (session.json && follows) session.io.stdout.write(`${JSON.stringify(answer)}\n`);
  else session.answer(answer, () => (status === undefined ? [] : statusLines(status, session.width, session.style)));
  return status !== undefined && isEnd(status.phase) ? exitCodeOfOutcome(status.phase) : undefined;
}

function say(session: Session, answer: StartAnswer, environment: string, follows: boolean): void {
  if (session.json) {
    // When it is followed, this is the first of many documents, one a line.
    session.io.stdout.write(`${JSON.stringify(answer, null, follows ? undefined : 2)}\n`);
    return;
  }
  const { outcome, rolloutId, plan, notes, webUrl } = answer;
  const head = outcome === 'started' ? 'started' : 'attached to the live';
  session.print([
    `${head} rollout ${rolloutId ?? ''}: ${plan.flag} → ${plan.candidate} in ${environment}`,
    ...notes.map((note) => `note: ${clean(note)}`),
    ...(webUrl === undefined || follows ? [] : [clean(webUrl)]),
  ]);
}
