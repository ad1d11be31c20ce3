import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChangeHub, EnvironmentState } from './change-hub';
import { EventStream, type StreamMessage } from './event-stream';
import { issueTicket, readTicket, type Ticket } from './stream-ticket';

/** Streams open at once on one server. */
const MOST_STREAMS = 5_000;

/** What a reader is told of a state. */
type Describe = (state: EnvironmentState, seen: string | undefined) => Omit<StreamMessage, 'id'>;

/** Opens streams that tell when an environment has changed, and bounds how many there are. */
export class ChangeStreams {
  private readonly streams = new Set<EventStream>();

  constructor(
    private readonly hub: ChangeHub,
    private readonly signingKey: string,
    private readonly databaseNowMs: () => number,
  ) {}

  /** How many are open. */
  get count(): number {
    return this.streams.size;
  }

  /** What lets a client that cannot send headers follow its environment. */
  ticketFor({ environment, role, tokenId }: Omit<Ticket, 'endsAtMs'>): string {
    return issueTicket(this.signingKey, { environment, role, tokenId }, this.databaseNowMs());
  }

  /** Whom a ticket was issued to; null when it opens nothing. */
  holderOf(ticket: string): Ticket | null {
    return readTicket(this.signingKey, ticket, this.databaseNowMs());
  }

  /**
   * Turns a response into a stream of an environment's changes. A client is told at once where the environment stands,
   * unless its
   * `Last-Event-ID` says that it knows: something may have changed between its last request and this one.
   *
   * @param describe - a message of a state, for a reader who was last told of another, whose version is given
   * @returns false when there are as many streams as there may be; nothing has been sent then
   */
  open(environment: string, request: IncomingMessage, response: ServerResponse, describe: Describe): boolean {
    if (this.streams.size >= MOST_STREAMS) return false;
    let seen = lastSeen(request);
    const tell = (state: EnvironmentState): void => {
      if (state.version === seen) return;
      const message = describe(state, seen);
      seen = state.version;
      stream.send({ id: state.version, ...message });
    };
    const stream = new EventStream(response, {}, () => {
      stop();
      this.streams.delete(stream);
    });
    this.streams.add(stream);
    const stop = this.hub.follow(environment, tell);
    const standing = this.hub.stateOf(environment);
    if (standing !== null) tell(standing);
    return true;
  }

  /** Ends every stream, so that a server that drains can end. */
  close(): void {
    for (const stream of this.streams) stream.end();
    this.streams.clear();
  }
}

function lastSeen({ headers }: IncomingMessage): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
