import type { Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ModelAnswer } from '../api/answers';
import { modelDetails, modelList } from '../render/model-lists';
import type { Session } from '../session';
import { does, numberBetween, type CommandContext } from './command';
import { addModelRetrainCommand } from './model-retrain-command';

interface Reasoned {
  readonly reason: string;
}

/** `headgate model list|show|promote|rollback|trial|retrain`: the registry of models that a server keeps. */
export function addModelRegistryCommands(model: Command, context: CommandContext): void {
  does(model.command('list').description('list the models of the registry, newest first'), context, async (session) => {
    const models = await session.api.get<ModelAnswer[]>(['models']);
    session.answer(models, () => modelList(models, session.style));
  });

  does(
    model.command('show <version>').description('show one model: what it was made of, and how well it did'),
    context,
    async (session, _options, version = '') => {
      const found = await modelOf(session, version);
      session.answer(found, () => modelDetails(found, session.style));
    },
  );

  does<Reasoned>(
    model
      .command('promote <version>')
      .description('let a version decide from now on')
      .requiredOption('--reason <text>', 'why, for the record'),
    context,
    (session, { reason }, version) => choose(session, { version, reason }),
  );

  does<Reasoned>(
    model
      .command('rollback')
      .description('let the model decide that did before; at last the one that comes with Headgate')
      .requiredOption('--reason <text>', 'why, for the record'),
    context,
    (session, { reason }) => choose(session, { reason }),
  );

  does<Reasoned & { share?: number }>(
    model
      .command('trial [version]')
      .description('let a challenger decide for a share of the rollouts; without a version, end that')
      .option('--share <percent>', 'rollouts it decides for, by hash of their ids', numberBetween('--share', 0.1, 50))
      .requiredOption('--reason <text>', 'why, for the log'),
    context,
    tryModel,
  );

  addModelRetrainCommand(model, context);
}

async function modelOf(session: Session, version: string): Promise<ModelAnswer> {
  const models = await session.api.get<ModelAnswer[]>(['models'], { query: { limit: 500 } });
  const found = models.find((model) => model.version === version);
  if (found !== undefined) return found;
  throw new HeadgateError(ErrorCode.ModelNotFound, `there is no model '${version}'`, {
    remedy: 'List them with headgate model list.',
  });
}

async function tryModel(
  session: Session,
  { share, reason }: Reasoned & { readonly share?: number },
  version?: string,
): Promise<void> {
  if ((version === undefined) !== (share === undefined)) {
    throw new HeadgateError(ErrorCode.InvalidArgument, 'a trial has a version and a --share, its end neither');
  }
  const body = version === undefined ? { reason } : { version, share, reason };
  const { body: answer } = await session.api.call<{ version: string | null; share: number }>(
    'POST',
    ['models', 'trial'],
    { body },
  );
  session.answer(answer, () => [
    answer.version === null
      ? 'no model is on trial now'
      : `${answer.version} decides for ${answer.share} % of the rollouts now`,
  ]);
}

async function choose(
  session: Session,
  body: { readonly version?: string | undefined; readonly reason: string },
): Promise<void> {
  const { body: answer } = await session.api.call<{ champion: string | null; before: string | null }>(
    'POST',
    ['models', 'champion'],
    { body },
  );
  const name = (version: string | null): string => version ?? 'the model that comes with Headgate';
  session.answer(answer, () => [`${name(answer.champion)} decides now; before, ${name(answer.before)} did`]);
}
