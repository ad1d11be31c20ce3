import type { Command } from 'commander';
import { clean } from '../render/text';
import { does, type CommandContext } from './command';

/** What became of a message: what its workflow said, or that it waits for a worker. */
type Answer = { readonly text: string } | { readonly queued: true };

/**
 * Adds a command for each message that people send to a live workflow with nothing but a reason.
 *
 * @param noun - what it is sent to, as commands name it; the API's path has its plural
 * @param messages - each with what it does, in words
 */
export function addMessageCommands(
  parent: Command,
  context: CommandContext,
  noun: string,
  messages: readonly (readonly [verb: string, description: string])[],
): void {
  for (const [verb, description] of messages) {
    does<{ readonly reason?: string }>(
      parent.command(`${verb} <${noun}>`).description(description).option('--reason <text>', 'why, for the record'),
      context,
      async (session, { reason }, id = '') => {
        const path = ['environments', await session.environment(), `${noun}s`, id, 'messages', verb];
        const call = { body: { reason: reason || `${verb} from the command line` } };
        const { body } = await session.api.call<Answer>('POST', path, call);
        const queued = 'no worker answers: the message is kept until one is back';
        session.answer(body, () => ['queued' in body ? queued : clean(body.text)]);
      },
    );
  }
}
