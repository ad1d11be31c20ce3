import { ErrorCode, HeadgateError } from '../core/errors';
import { defaultDataDir } from '../stack';
import { ApiClient, type Connection } from './api/client';
import type { Io } from './io';
import { readProfile } from './local/profile';
import { styleFor, type Style } from './render/style';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly env?: string;
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly debug?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:7070';
const DEFAULT_COLUMNS = 100;

/** What one command works with: the API, the environment meant, and where to write. */
export class Session {
  readonly api: ApiClient;
  /** Marks what goes to standard output. */
  readonly style: Style;
  private environmentName: Promise<string> | undefined;

  constructor(
    readonly io: Io,
    readonly options: GlobalOptions,
  ) {
    this.api = new ApiClient(connectionOf(options, io.env), options.timeout);
    this.style = styleFor(io.stdout, io.env);
  }

  get json(): boolean {
    return this.options.json === true;
  }

  /** Columns of standard output. */
  get width(): number {
    return this.io.stdout.size()?.columns ?? DEFAULT_COLUMNS;
  }

  /**
   * The environment of `--env`, or the only one there is, which is then said.
   *
   * @throws {HeadgateError} INVALID_ARGUMENT when there are several, or none yet
   */
  environment(): Promise<string> {
    return (this.environmentName ??=
      this.options.env === undefined ? this.onlyEnvironment() : Promise.resolve(this.options.env));
  }

  /** Lines for people on standard output, or the value with `--json`. */
  answer(value: unknown, lines: () => readonly string[]): void {
    if (this.json) this.io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else this.print(lines());
  }

  print(lines: readonly string[]): void {
    for (const line of lines) this.io.stdout.write(`${line}\n`);
  }

  /** A remark beside the answer, on standard error. */
  note(line: string): void {
    this.io.stderr.write(`${line}\n`);
  }

  private async onlyEnvironment(): Promise<string> {
    const names = await this.api.get<string[]>(['environments']);
    const [only] = names;
    if (only !== undefined && names.length === 1) {
      this.note(`environment: ${only}, the only one`);
      return only;
    }
    throw only === undefined
      ? new HeadgateError(ErrorCode.InvalidArgument, 'there is no environment yet', {
          remedy: 'Name one with --env, such as --env production; an environment begins with its first flag.',
        })
      : new HeadgateError(ErrorCode.InvalidArgument, `there are several environments: ${names.join(', ')}`, {
          remedy: 'Name the one you mean with --env.',
        });
  }
}

/**
 * Where to call and as whom: options, then environment variables, then the profile that `headgate up` keeps. The token
 * of the profile goes to the profile's own address and nowhere else.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT for an address that is none
 */
export function connectionOf(options: Pick<GlobalOptions, 'url' | 'token'>, env: NodeJS.ProcessEnv): Connection {
  const profile = readProfile(defaultDataDir(env));
  const url = checkedUrl(options.url || env['HEADGATE_URL'] || profile?.url || DEFAULT_URL);
  const ofProfile = profile !== undefined && checkedUrl(profile.url) === url ? profile.token : undefined;
  return { url, token: options.token || env['HEADGATE_TOKEN'] || ofProfile };
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
  throw new HeadgateError(ErrorCode.InvalidArgument, `'${text}' is not the address of a server`, {
    remedy: 'Write it with its scheme: --url http://127.0.0.1:7070.',
  });
}
