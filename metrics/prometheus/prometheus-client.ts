import { readFile } from 'node:fs/promises';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { ApiAnswer, type MatrixSeries } from './answer';
import { sendBounded } from './bounded-request';
import { readAuthorization } from './read-secret';
import type { PrometheusSourceConfig } from './source-config';

/** What of an answer's own words an error shows: enough for a parse error, little enough for a log line. */
const SHOWN_CHARACTERS = 300;

/** A vector's one value of one series. */
export interface InstantSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** NaN for a native histogram. */
  readonly value: number;
}

/**
 * Asks one Prometheus, or anything that speaks its query API. Every answer is bounded in time and size, and one that
 * says it is partial is refused: missing series would look like a change.
 */
export class PrometheusClient {
  constructor(
    readonly config: PrometheusSourceConfig,
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {}

  /** A signal that ends when one look's time for this source is over. */
  deadline(): AbortSignal {
    return AbortSignal.timeout(this.config.timeoutMs);
  }

  /**
   * The samples as they were scraped, of a range selector such as `requests_total[5m]`, up to an instant.
   *
   * @throws {HeadgateError} SOURCE_UNAVAILABLE
   */
  async samples(expression: string, atMs: number, signal: AbortSignal = this.deadline()): Promise<MatrixSeries[]> {
    const data = await this.ask('query', { query: expression, time: seconds(atMs) }, signal);
    if (data.resultType !== 'matrix') throw this.refused('the query gives no samples over time');
    return data.result;
  }

  /**
   * An expression's values now.
   *
   * @throws {HeadgateError} SOURCE_UNAVAILABLE
   */
  async instant(expression: string, atMs: number, signal: AbortSignal = this.deadline()): Promise<InstantSample[]> {
    const data = await this.ask('query', { query: expression, time: seconds(atMs) }, signal);
    if (data.resultType !== 'vector') throw this.refused('the query gives no vector');
    return data.result.map(({ metric, value, histogram }) => ({
      labels: metric,
      atMs: ((value ?? histogram)?.[0] ?? 0) * 1000,
      value: value?.[1] ?? Number.NaN,
    }));
  }

  /**
   * An expression's values at `fromMs`, `fromMs + stepMs` … up to `toMs`.
   *
   * @throws {HeadgateError} SOURCE_UNAVAILABLE
   */
  async range(
    expression: string,
    { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
    signal: AbortSignal = this.deadline(),
  ): Promise<MatrixSeries[]> {
    const parameters = { query: expression, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) };
    const data = await this.ask('query_range', parameters, signal);
    if (data.resultType !== 'matrix') throw this.refused('the query gives no samples over time');
    return data.result;
  }

  private async ask(
    endpoint: 'query' | 'query_range',
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Extract<ApiAnswer, { status: 'success' }>['data']> {
    const { status, body } = await this.send(endpoint, parameters, signal);
    const parsed = ApiAnswer.safeParse(parseJson(body));
    if (!parsed.success) throw this.refused(wordsOf(status));
    if (parsed.data.status === 'error') {
      const { errorType, error } = parsed.data;
      throw this.refused(`${errorType}: ${error.slice(0, SHOWN_CHARACTERS)}`);
    }
    const [warning] = parsed.data.warnings;
    if (warning !== undefined) throw this.refused(`the answer is partial: ${warning.slice(0, SHOWN_CHARACTERS)}`);
    return parsed.data.data;
  }

  private async send(endpoint: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal) {
    const { url, headers, caFile, timeoutMs, maxAnswerBytes } = this.config;
    try {
      const authorization = await readAuthorization(this.config, this.environment);
      return await sendBounded({
        url: new URL(`${url.replace(/\/+$/, '')}/api/v1/${endpoint}`),
        headers: { ...headers, ...(authorization === null ? {} : { authorization }) },
        // Thanos and its kin answer with what they have unless told not to; Prometheus itself ignores the word.
        body: new URLSearchParams({
          ...parameters,
          timeout: `${timeoutMs}ms`,
          partial_response: 'false',
        }).toString(),
        ca: caFile === undefined ? undefined : await readFile(caFile, 'utf8'),
        maxBytes: maxAnswerBytes,
        signal,
      });
    } catch (error) {
      throw this.refused(signal.aborted ? `no answer within ${timeoutMs} ms` : wordsOfFailure(error), error);
    }
  }

  /** Names the source and never its address or secrets: the text reaches records and histories. */
  private refused(detail: string, cause?: unknown): HeadgateError {
    return new HeadgateError(ErrorCode.SourceUnavailable, `Prometheus '${this.config.name}': ${detail}`, {
      ...(cause === undefined ? {} : { cause }),
      retryable: true,
      remedy: 'See docs/prometheus.md, "When data is missing"; the next look asks again.',
    });
  }
}

/** Prometheus takes seconds, with milliseconds as a fraction. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** Messages of failed connections hold addresses; their codes say as much. */
function wordsOfFailure(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? `no connection (${code})` : messageOf(error);
}

function wordsOf(status: number): string {
  if (status === 401 || status === 403) return `the credentials were refused (HTTP ${status})`;
  if (status >= 300 && status < 400) return `the address redirects (HTTP ${status}), which is not followed`;
  return `HTTP ${status} without an answer of the query API`;
}
