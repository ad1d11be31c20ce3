import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { MessageAnswer } from '../api/answers';
import { ExitCode } from '../exit-codes';
import { percent } from '../render/numbers';
import { clean } from '../render/text';
import type { Session } from '../session';
import { does, numberBetween, type CommandContext } from './command';

interface MessageOptions {
  readonly reason?: string;
  readonly full?: boolean;
  readonly force?: boolean;
}

interface Message {
  readonly verb: string;
  /** Wire name; the verb when omitted. */
  readonly name?: string;
  readonly description: string;
  /** Further arguments of the command, as commander writes them. */
  readonly words?: string;
  /** What the arguments add to the message. */
  readonly body?: (word: string) => object;
}

const MESSAGES: readonly Message[] = [
  { verb: 'pause', description: 'stop raising; looks, lease and lowering go on' },
  { verb: 'resume', description: 'raise again after a pause' },
  { verb: 'promote', description: 'end the current step now' },
  { verb: 'abort', description: 'end the rollout; everybody gets the control' },
  {
    verb: 'set-weight',
    name: 'setWeight',
    description: 'serve the candidate to so many percent, until the plan passes it',
    words: '<percent>',
    body: (word) => ({ weight: numberBetween('the weight', 0, 100)(word) }),
  },
  { verb: 'approve', description: 'let a step that waits for approval begin' },
  {
    verb: 'exclude',
    description: 'serve the control to a segment',
    words: '<segment>',
    body: (segment) => ({ segment }),
  },
  {
    verb: 'readmit',
    description: 'take an excluded segment in again',
    words: '<segment>',
    body: (segment) => ({ segment }),
  },
];

/** `headgate rollout pause`, `resume`, `promote` and the other messages to a live rollout. */
export function addRolloutMessages(rollout: Command, context: CommandContext): void {
  for (const { verb, name = verb, description, words = '', body } of MESSAGES) {
    const command = rollout
      .command(`${verb} <rollout> ${words}`.trim())
      .description(description)
      .option('--reason <text>', 'why, for the decision record');
    if (verb === 'promote') {
      command
        .option('--full', 'complete now, over all steps')
        .option('--force', "set the judge's findings so far aside; wants a --reason");
    }
    does<MessageOptions>(command, context, (session, options, target = '', word = '') => {
      const { reason, full, force } = options;
      if (force === true && (reason ?? '').trim() === '') {
        throw new HeadgateError(ErrorCode.InvalidArgument, '--force sets evidence aside and wants a --reason');
      }
      return send(session, target, name, {
        ...body?.(word),
        reason: reason || `${verb} from the command line`,
        full,
        force,
      });
    });
  }
}

async function send(session: Session, target: string, name: string, message: object): Promise<ExitCode> {
  const environment = await session.environment();
  const path = ['environments', environment, 'rollouts', target, 'messages', name];
  const call = { body: { id: randomUUID(), ...message } };
  const { body } = await session.api.call<MessageAnswer>('POST', path, call);
  if ('queued' in body) {
    session.answer(body, () => ['no worker answers: the message is kept and counts once as soon as one is back']);
    return ExitCode.Ok;
  }
  session.answer(body, () => [
    `${clean(body.text)}`,
    `${body.state.replace('_', ' ')} at ${percent(body.weight)}${body.transition === undefined ? '' : `, transition ${body.transition}`}`,
  ]);
  return body.accepted ? ExitCode.Ok : ExitCode.Refused;
}
