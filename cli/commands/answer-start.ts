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

/** Says what came of a start and, where one is to wait, follows it. One that has finished answers with its end, whether or not anybody wants to wait. */
export async function answerStart<Status, Answer extends StartAnswer<Status>>(
  session: Session,
  answer: Answer,
  wait: boolean,
  { id, startLines, statusLines, exitOf, follow }: StartedThing<Answer, Status>,
): Promise<ExitCode | void> {
  const { outcome, status } = answer;
  if (outcome === 'finished' && status !== undefined) {
    session.note(`${id ?? 'it'} has ended already; --again starts it anew`);
    session.answer(answer, () => statusLines(status));
    return exitOf(status) ?? undefined;
  }
  // When it is followed, this is the first of many documents, one a line.
  if (session.json && wait) session.io.stdout.write(`${JSON.stringify(answer)}\n`);
  else session.answer(answer, () => startLines(answer));
  if (wait && id !== null) return follow(id);
}
