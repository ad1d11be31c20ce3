import type { MessageArguments, MessageName, MessageResult } from './messages';
import type { Intent } from './state';

/** A message waiting for the main loop, or for the write it led to. */
export interface InboxEntry<Name = MessageName, Wish = Intent, Result = MessageResult> {
  readonly name: Name;
  readonly args: MessageArguments;
  readonly id: string;
  /** Set once the main loop has dealt with it; updates wait for it. */
  result: Result | null;
  /** The intent it became, when it asks for a write. */
  intent: Wish | null;
}

/** Messages of one run in order of arrival. Handlers only enqueue; the main loop alone takes out and answers. */
export class Inbox<Name = MessageName, Wish = Intent, Result = MessageResult> {
  private readonly waiting: InboxEntry<Name, Wish, Result>[] = [];
  private readonly underWay: InboxEntry<Name, Wish, Result>[] = [];
  private received = 0;

  /** Number of messages not taken yet. */
  get size(): number {
    return this.waiting.length;
  }

  /** Adds a message. A sender that gave no id gets one that is unique within the run. */
  add(name: Name, args: MessageArguments | undefined, runId: string): InboxEntry<Name, Wish, Result> {
    this.received += 1;
    const given = args ?? {};
    const entry: InboxEntry<Name, Wish, Result> = {
      name,
      args: given,
      id: given.id ?? `${runId}:${this.received}`,
      result: null,
      intent: null,
    };
    this.waiting.push(entry);
    return entry;
  }

  /** Takes the oldest message, or undefined. */
  take(): InboxEntry<Name, Wish, Result> | undefined {
    return this.waiting.shift();
  }

  /** Keeps an entry until the write it asks for is done. */
  await(entry: InboxEntry<Name, Wish, Result>): void {
    this.underWay.push(entry);
  }

  /** Answers the entry whose intent was carried out or refused. */
  answer(intent: Wish | null, result: Result): void {
    const index = this.underWay.findIndex((entry) => entry.intent === intent);
    if (index === -1 || intent === null) return;
    const [entry] = this.underWay.splice(index, 1);
    if (entry !== undefined) entry.result = result;
  }

  /** Answers everything still open when the rollout ends. */
  close(result: Result): void {
    for (const entry of [...this.waiting.splice(0), ...this.underWay.splice(0)]) entry.result = result;
  }

  /** Whether a message is waiting that a test holds of. */
  has(test: (entry: InboxEntry<Name, Wish, Result>) => boolean): boolean {
    return this.waiting.some(test);
  }
}

/** Whether a message is waiting that lowers or ends: one that may overtake a raise in flight. */
export function hasLowering(inbox: Inbox, weight: number): boolean {
  return inbox.has(
    ({ name, args }) =>
      name === 'abort' ||
      name === 'supersede' ||
      name === 'exclude' ||
      (name === 'setWeight' && (args.weight ?? weight) < weight),
  );
}
