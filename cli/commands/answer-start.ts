import type { ExitCode } from '../exit-codes';
import type { Session } from '../session';

/** What a start of an experiment or group is answered with. */
export interface StartAnswer<Status> {
  readonly outcome: 'started' | 'attached' | 'finished' | 'dry_run';
  /** Of one that has finished. */
  readonly status?: Status;
}

/** How the answer is shown and followed. */
export interface StartedThing<Answer, Status> {
  /** Null for a dry run. */
  readonly id: string | null;
  readonly startLines: (answer: Answer) => string[];
  readonly statusLines: (status: Status) => string[];
  /** Null while it lives. */
  readonly exitOf: (status: Status) => ExitCode | null;
  readonly follow: (id: string) => Promise<ExitCode>;
}

/**
 * Says what came of a start and, where one is to wait, follows it. One that has finished answers with its end, whether
 * or not anybody wants to wait.
 */
export async function answerStart<Status, Answer extends StartAnswer<Status>>(
  session: Session,
  answer: Answer,
  wait: boolean,
  { id, startLines, statusLines, exitOf, follow }: StartedThing<Answer, Status>,
): Promise<ExitCode | void> {
  const { outcome, status } = answer;
  if (outcome === 'finished' && status !== undefined) {
    session.note(`${id ?? 'it'} has ended already; --again starts it anew`);
    say(session, answer, wait, () => statusLines(status));
    return exitOf(status) ?? undefined;
  }
  say(session, answer, wait, () => startLines(answer));
  if (wait && id !== null) return follow(id);
}

/** Who waits reads one document a line: this is the first of many, or the only one. */
function say(session: Session, answer: unknown, wait: boolean, lines: () => string[]): void {
  if (session.json && wait) session.io.stdout.write(`${JSON.stringify(answer)}\n`);
  else session.answer(answer, lines);
}
