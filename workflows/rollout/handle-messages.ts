import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Inbox } from './inbox';
import type { MessageArguments } from './messages';

/** The messages that a workflow takes. */
export interface MessageHandling<Name extends string, Result> {
  /** In the order in which their handlers are set. */
  readonly names: readonly Name[];
  readonly signals: Readonly<Record<Name, SignalDefinition<[MessageArguments?]>>>;
  readonly updates: Readonly<Record<Name, UpdateDefinition<Result, [MessageArguments?]>>>;
  /** Why a message may not be taken now; null when it may. */
  readonly refusalOf: (name: Name, args: MessageArguments) => string | null;
}

/**
 * Puts every message into the inbox, whichever way it came. A signal is done with that; an update is refused at once,
 * or waits until the main loop has answered it.
 */
export function handleMessages<Name extends string, Wish, Result>(
  inbox: Inbox<Name, Wish, Result>,
  { names, signals, updates, refusalOf }: MessageHandling<Name, Result>,
): void {
  const { runId } = workflowInfo();
  for (const name of names) {
    const signal: SignalDefinition<[MessageArguments?]> = signals[name];
    const update: UpdateDefinition<Result, [MessageArguments?]> = updates[name];
    setHandler(signal, (args) => {
      inbox.add(name, args, runId);
    });
    setHandler(
      update,
      async (args?: MessageArguments): Promise<Result> => {
        const entry = inbox.add(name, args, runId);
        await condition(() => entry.result !== null);
        return entry.result as Result;
      },
      {
        validator: (args?: MessageArguments) => {
          const why = refusalOf(name, args ?? {});
          if (why !== null) throw ApplicationFailure.nonRetryable(why, 'MESSAGE_REJECTED');
        },
      },
    );
  }
}
