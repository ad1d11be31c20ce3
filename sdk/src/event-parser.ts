/** One message of a stream of Server-Sent Events. */
export interface StreamMessage {
  /** `message` where it has no name. */
  readonly event: string;
  readonly data: string;
}

/**
 * Takes a stream of Server-Sent Events apart, however it was cut on its way (WHATWG HTML, section 9.2.6). Ids and
 * pauses are of no use here.
 */
export class EventParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #event = '';
  #data: string[] = [];

  /** @returns the messages that end in this part */
  take(part: Uint8Array): StreamMessage[] {
    const lines = (this.#rest + this.#decoder.decode(part, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line.replace(/\r$/, '')) ?? []);
  }

  #line(line: string): StreamMessage | undefined {
    if (line === '') {
      const message = { event: this.#event || 'message', data: this.#data.join('\n') };
      const isEmpty = this.#data.length === 0;
      this.#event = '';
      this.#data = [];
      return isEmpty ? undefined : message;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    return undefined;
  }
}
