import type { Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { parseExperiment } from '../../flags/experiment/resolve-experiment';
import { exitCodeOfExperiment, type ExitCode } from '../exit-codes';
import { followStatus } from '../follow/follow-status';
import { readNamedFile } from '../read-file';
import { experimentLine, experimentLines, experimentList, type ExperimentAnswer } from '../render/experiment-lines';
import { percent } from '../render/numbers';
import { clean } from '../render/text';
import type { Session } from '../session';
import { writtenEnvironment } from '../written-environment';
import { does, type CommandContext } from './command';
import { addMessageCommands } from './message-commands';
import { answerStart } from './answer-start';

interface StartOptions {
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly again?: boolean;
}
interface ExperimentStart {
  readonly outcome: 'started' | 'attached' | 'finished' | 'dry_run';
  readonly experimentId: string | null;
  readonly armWeight: number;
  readonly notes: readonly string[];
  readonly status?: ExperimentAnswer;
}

const MESSAGES = [
  ['pause', 'hold its planned end back; guardrails stop it still'],
  ['resume', 'go on after a pause; after an edit of the flag it begins anew'],
  ['conclude', 'end it now, with what is shown so far'],
  ['abort', 'end it without a conclusion'],
] as const;

/** `headgate experiment start`, `list`, `status` and the messages to a live one. */
export function addExperimentCommands(program: Command, context: CommandContext): void {
  const experiment = program.command('experiment').description('compare variants of a flag over equal concurrent arms');
  does<StartOptions>(
    experiment
      .command('start <file>')
      .description('start the experiment of a file (YAML or JSON; - reads input), or attach to the same one')
      .option('--wait', 'follow it to its end; the exit code tells how it ended')
      .option('--dry-run', 'start nothing: check it against the flag')
      .option('--again', 'start anew although the same experiment has ended'),
    context,
    start,
  );
  does<{ readonly flag?: string }>(
    experiment.command('list').description('list experiments, latest first').option('--flag <key>', 'of one flag'),
    context,
    async (session, { flag }) => {
      const path = ['environments', await session.environment(), 'experiments'];
      const list = await session.api.get<ExperimentAnswer[]>(path, flag === undefined ? {} : { query: { flag } });
      session.answer(list, () => experimentList(list, session.style));
    },
  );
  does(
    experiment
      .command('status <experiment>')
      .description('show where an experiment stands; a flag key means its latest'),
    context,
    async (session, _, id = '') => {
      const status = await statusOf(session, await session.environment(), id);
      session.answer(status, () => experimentLines(status, session.style));
    },
  );
  addMessageCommands(experiment, context, 'experiment', MESSAGES);
}

async function start(session: Session, options: StartOptions, path = ''): Promise<ExitCode | void> {
  const { wait = false, dryRun = false, again = false } = options;
  if (wait && dryRun) throw new HeadgateError(ErrorCode.InvalidArgument, '--wait and --dry-run exclude each other');
  const text = await readNamedFile(session.io, path);
  const environment = await writtenEnvironment(session, text, 'the experiment');
  const { file } = parseExperiment(text, { environment, format: path.endsWith('.json') ? 'json' : 'yaml' });
  const call = { body: { experiment: file, again, dryRun } };
  const url = ['environments', environment, 'experiments'];
  const answer = (await session.api.call<ExperimentStart>('POST', url, call)).body;
  return answerStart(session, answer, wait, {
    id: answer.experimentId,
    startLines,
    statusLines: (status) => experimentLines(status, session.style),
    exitOf,
    follow: (id) => follow(session, environment, id),
  });
}

function startLines({ outcome, experimentId, armWeight, notes }: ExperimentStart): string[] {
  const head = {
    started: `started experiment ${experimentId ?? ''}`,
    attached: `attached to the live experiment ${experimentId ?? ''}`,
    finished: `ended: ${experimentId ?? ''}`,
    dry_run: 'would start',
  };
  return [`${head[outcome]}, ${percent(armWeight)} in each arm`, ...notes.map((note) => `note: ${clean(note)}`)];
}

function statusOf(session: Session, environment: string, id: string, timeoutMs?: number): Promise<ExperimentAnswer> {
  const path = ['environments', environment, 'experiments', id];
  return session.api.get<ExperimentAnswer>(path, timeoutMs === undefined ? {} : { timeoutMs });
}

/** Follows an experiment to its end. */
function follow(session: Session, environment: string, experimentId: string): Promise<ExitCode> {
  return followStatus(session, {
    id: experimentId,
    read: (timeoutMs) => statusOf(session, environment, experimentId, timeoutMs),
    notFound: ErrorCode.ExperimentNotFound,
    // Time and numbers change at every look; people want to hear what it does.
    keyOf: ({ phase, waitingFor, transition }) => [phase, waitingFor, transition],
    line: experimentLine,
    exitOf,
  });
}

function exitOf({ outcome }: ExperimentAnswer): ExitCode | null {
  return outcome === null ? null : exitCodeOfExperiment(outcome);
}
