import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

/** Where the server is and who calls. */
export interface Connection {
  /** Address of the server, without a path. */
  readonly url: string;
  /** Bearer token; requests go without one when it is undefined. */
  readonly token: string | undefined;
}

/** A refusal or failure that the server answered with. */
export class ApiError extends HeadgateError {
  /** HTTP status of the answer. */
  readonly status: number;

  constructor(status: number, problem: ProblemBody, text: string) {
    const code = isErrorCode(problem.code) ? problem.code : ErrorCode.Internal;
    super(code, text, {
      retryable: status >= 500,
      ...(typeof problem.remedy === 'string' ? { remedy: problem.remedy } : {}),
      ...(isRecord(problem.details) ? { details: problem.details } : {}),
    });
    this.name = 'ApiError';
    this.status = status;
  }
}

/** What one call sends. */
export interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** For the whole answer; the client's own when omitted. */
  readonly timeoutMs?: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
}

/** What one call is answered with. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

interface ProblemBody {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly remedy?: unknown;
  readonly details?: unknown;
}

const ANSWER_TIMEOUT_MS = 30_000;

/** The HTTP API of a Headgate server. Bodies are taken as the API documents them: the server checks, this side trusts. */
export class ApiClient {
  /** @param answerTimeoutMs - for calls that name none of their own; 30 seconds when omitted */
  constructor(
    private readonly connection: Connection,
    private readonly answerTimeoutMs: number = ANSWER_TIMEOUT_MS,
  ) {}

  get url(): string {
    return this.connection.url;
  }

  /**
   * Calls a route.
   *
   * @param segments - parts of the path after `/v1`, encoded here
   * @throws {ApiError} whatever the server refuses with
   * @throws {HeadgateError} SERVER_UNREACHABLE when it does not answer in time or as Headgate would
   */
  async call<T>(method: string, segments: readonly string[], call: Call = {}): Promise<Answer<T>> {
    const { query = {}, body, timeoutMs = this.answerTimeoutMs, signal } = call;
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    const url = this.urlOf(segments, query);
    const headers = {
      accept: 'application/json',
      ...(this.connection.token === undefined ? {} : { authorization: `Bearer ${this.connection.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method,
        headers,
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw this.unreachable(error, timeout.aborted);
    }
    const parsed = parseJson(text);
    if (status >= 200 && status < 300 && (text === '' || parsed !== undefined)) return { status, body: parsed as T };
    if (isRecord(parsed) && typeof parsed['message'] === 'string') {
      throw new ApiError(status, parsed, parsed['message']);
    }
    throw new ApiError(
      status,
      { code: ErrorCode.ServerUnreachable, remedy: 'Check the address: --url or HEADGATE_URL.' },
      `${this.url} answers HTTP ${status}, not as a Headgate server would`,
    );
  }

  /** The body of a `GET`. */
  async get<T>(segments: readonly string[], call: Call = {}): Promise<T> {
    return (await this.call<T>('GET', segments, call)).body;
  }

  private urlOf(segments: readonly string[], query: NonNullable<Call['query']>): string {
    const url = new URL(`/v1/${segments.map(encodeURIComponent).join('/')}`, this.url);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url.href;
  }

  private unreachable(error: unknown, timedOut: boolean): HeadgateError {
    const why = timedOut ? 'no answer in time' : causeOf(error);
    return new HeadgateError(ErrorCode.ServerUnreachable, `${this.url} does not answer (${why})`, {
      cause: error,
      retryable: true,
      remedy: 'Start it with `headgate up`, or name another with --url or HEADGATE_URL.',
    });
  }
}

/** `fetch` hides what went wrong in the cause, and in the errors inside it when it has tried two addresses. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const code = (inner as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : messageOf(inner);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return Object.values<unknown>(ErrorCode).includes(code);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
