import type { Command } from 'commander';
import type { TrainingAnswer } from '../api/answers';
import { ExitCode } from '../exit-codes';
import { followStatus } from '../follow/follow-status';
import { trainingLine } from '../render/training-lines';
import { clean } from '../render/text';
import type { Session } from '../session';
import { does, type CommandContext } from './command';

interface RetrainOptions {
  readonly promote?: boolean;
  readonly wait?: boolean;
}
interface RetrainAnswer {
  readonly workflowId: string;
  readonly runId: string;
  readonly outcome: 'started' | 'attached';
  readonly webUrl?: string;
}

/** `headgate model retrain` */
export function addModelRetrainCommand(model: Command, context: CommandContext): void {
  does<RetrainOptions>(
    model
      .command('retrain')
      .description('train anew on the rollouts that have ended, as a workflow')
      .option('--promote', 'let a model that beats the standing one beyond noise take its place')
      .option('--wait', 'follow it to its end; the exit code tells whether something was learned'),
    context,
    retrain,
  );
}

async function retrain(session: Session, { promote = false, wait = false }: RetrainOptions): Promise<ExitCode | void> {
  const call = { body: { promotes: promote } };
  const { body: answer } = await session.api.call<RetrainAnswer>('POST', ['models', 'train'], call);
  if (answer.outcome === 'attached' && promote) {
    session.note('a training was under way, which does with a better model what it was started with');
  }
  // When it is followed, this is the first of many documents, one a line.
  if (session.json && wait) session.io.stdout.write(`${JSON.stringify(answer)}\n`);
  else session.answer(answer, () => [startLine(answer)]);
  return wait ? follow(session, answer) : undefined;
}

function startLine({ outcome, workflowId, webUrl }: RetrainAnswer): string {
  const head = outcome === 'started' ? 'started a training' : 'attached to the training under way';
  return `${head}: ${clean(webUrl ?? workflowId)}`;
}

function follow(session: Session, { runId }: RetrainAnswer): Promise<ExitCode> {
  return followStatus<TrainingAnswer>(session, {
    id: 'the training',
    read: (timeoutMs) => session.api.get(['models', 'train', runId], { timeoutMs }),
    // It is there before its start is answered: where it is not, no waiting helps.
    notFound: null,
    keyOf: ({ phase }) => phase,
    line: trainingLine,
    exitOf,
  });
}

function exitOf({ phase, report }: TrainingAnswer): ExitCode | null {
  if (phase === 'running') return null;
  if (report === undefined) return ExitCode.Error;
  return report.status === 'too_few_rows' ? ExitCode.Refused : ExitCode.Ok;
}
