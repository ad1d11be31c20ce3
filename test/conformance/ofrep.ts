import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { parse } from 'yaml';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../support/server-under-test';
import type { CaseResult, Suite } from './suite';

interface Document {
  readonly paths: Readonly<
    Record<string, { post: { responses: Record<string, { content?: Record<string, { schema: { $ref: string } }> }> } }>
  >;
}

const SINGLE = '/ofrep/v1/evaluate/flags/{key}';
const BULK = '/ofrep/v1/evaluate/flags';
const GENERATED = 150;
const SCHEMATHESIS_MS = 120_000;
const run = promisify(execFile);

/** The schemas of OFREP's OpenAPI document, by path and status. */
class Schemas {
  private readonly ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));

  constructor(private readonly document: Document) {
    this.ajv.addSchema({ $id: 'ofrep', ...document });
  }

  /** What is wrong with an answer; undefined when it is as the document says. */
  problem(path: string, status: number, body: unknown): string | undefined {
    const answer = this.document.paths[path]?.post.responses[String(status)];
    if (answer === undefined) return `status ${status} is not in the document`;
    const reference = Object.values(answer.content ?? {})[0]?.schema.$ref;
    if (reference === undefined) return undefined;
    const validate = this.ajv.getSchema(`ofrep${reference}`) as ValidateFunction;
    return validate(body) ? undefined : `${this.ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`;
  }
}

/**
 * The document says `oneOf` of alternatives that overlap: the schema of a flag without value allows any value, and
 * whole numbers are numbers. Read to the letter, no answer with a value would fit. What is meant is that one of them
 * fits at least.
 */
function withAnyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withAnyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name === 'oneOf' ? 'anyOf' : name,
      withAnyOf(part),
    ]),
  );
}

/** A request that the suite makes, and the status that it wants. */
interface Asked {
  readonly name: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
  readonly token?: string | undefined;
}

const ada = { targetingKey: 'ada', country: 'NO' };

const ASKED: readonly Asked[] = [
  ...['boolean', 'string', 'number', 'object', 'none', 'off', 'metadata'].map((key) => ({
    name: `flag '${key}'`,
    path: `${BULK}/${key}`,
    body: { context: ada },
    status: 200,
  })),
  { name: 'a flag that is not there', path: `${BULK}/missing`, body: { context: ada }, status: 404 },
  {
    name: 'a context without targeting key',
    path: `${BULK}/boolean`,
    body: { context: { country: 'NO' } },
    status: 400,
  },
  { name: 'a body without context', path: `${BULK}/boolean`, body: {}, status: 400 },
  { name: 'a context that is none', path: `${BULK}/boolean`, body: { context: 5 }, status: 400 },
  { name: 'a body that is no JSON', path: `${BULK}/boolean`, body: '{', status: 400 },
  { name: 'no token', path: `${BULK}/boolean`, body: { context: ada }, status: 401, token: '' },
  { name: 'all flags', path: BULK, body: { context: ada }, status: 200 },
  { name: 'all flags without targeting key', path: BULK, body: { context: {} }, status: 400 },
  { name: 'all flags, a body that is no JSON', path: BULK, body: 'nothing', status: 400 },
  { name: 'all flags without a token', path: BULK, body: { context: ada }, status: 401, token: '' },
];

async function givenFlags(server: ServerUnderTest, admin: string): Promise<void> {
  const norwegians = { name: 'norwegians', if: { attribute: 'country', operator: 'in', value: ['NO'] } };
  const bodies: Record<string, Record<string, unknown>> = {
    boolean: givenFlagBody({ rules: [{ ...norwegians, serve: { variant: 'on' } }] }),
    string: { type: 'string', variants: { a: 'x', b: '' }, defaultVariant: 'b', offVariant: 'a' },
    number: { type: 'number', variants: { few: 1.5, many: 7 }, defaultVariant: 'many' },
    object: { type: 'object', variants: { a: { columns: [1, 2], deep: { er: null } } }, defaultVariant: 'a' },
    none: { type: 'boolean', variants: { on: true } },
    off: givenFlagBody({ enabled: false }),
    metadata: { ...givenFlagBody(), metadata: { team: 'payments', level: 2, temporary: true } },
    split: {
      ...givenFlagBody(),
      rules: [
        {
          ...norwegians,
          serve: {
            split: [
              { variant: 'on', weight: 50 },
              { variant: 'off', weight: 50 },
            ],
          },
        },
      ],
    },
  };
  for (const [key, body] of Object.entries(bodies)) {
    const answer = await server.call('PUT', `/v1/environments/production/flags/${key}`, { as: admin, body });
    if (answer.statusCode !== 201) throw new Error(`flag '${key}': ${answer.body}`);
  }
}

/** OFREP's OpenAPI document: answers of the real server to right, wrong and generated requests are what it describes. */
export const ofrepSuite: Suite = {
  name: 'OFREP OpenAPI 0.3.0',
  folder: 'ofrep',
  async run(folder) {
    const document = withAnyOf(parse(readFileSync(join(folder, 'openapi.yaml'), 'utf8'))) as Document;
    const schemas = new Schemas(document);
    const server = await givenServer();
    try {
      const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
      await givenFlags(server, await server.token('admin'));
      const token = await server.token('sdk', 'production');
      const asking = new Asking(url, token, schemas);
      const asked: CaseResult[] = [];
      for (const one of ASKED) asked.push(await asking.ask(one));
      return [
        ...asked,
        await asking.notModified(),
        ...(await asking.generated()),
        await schemathesis(document, url, token),
      ];
    } finally {
      await server.close();
    }
  },
};

class Asking {
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly schemas: Schemas,
  ) {}

  async ask({ name, path, body, status, token = this.token }: Asked): Promise<CaseResult> {
    const answer = await this.post(path, body, token);
    const problem =
      answer.status === status ? this.problem(path, answer) : `status ${answer.status}, not ${status}: ${answer.text}`;
    return problem === undefined ? { name, outcome: 'passed' } : { name, outcome: 'failed', why: problem };
  }

  /** A bulk answer that is still the same is not sent again. */
  async notModified(): Promise<CaseResult> {
    const name = 'all flags, unchanged since';
    const first = await this.post(BULK, { context: ada }, this.token);
    const etag = first.headers.get('etag') ?? '';
    const second = await this.post(BULK, { context: ada }, this.token, { 'if-none-match': etag });
    const isRight = etag !== '' && second.status === 304 && second.text === '';
    return isRight
      ? { name, outcome: 'passed' }
      : { name, outcome: 'failed', why: `status ${second.status}, etag ${etag}` };
  }

  /** Contexts and bodies of any shape: whatever comes, the answer is one of the document's. */
  async generated(): Promise<CaseResult[]> {
    const key = fc.constantFrom('boolean', 'string', 'object', 'split', 'missing', '%', 'a b', 'ü');
    const context = fc.dictionary(fc.string(), fc.jsonValue());
    const body = fc.oneof(
      fc.record({ context: fc.oneof(context, fc.record({ targetingKey: fc.string(), country: fc.jsonValue() })) }),
      fc.jsonValue(),
      fc.string(),
    );
    const properties = [
      {
        name: 'any request for one flag',
        path: fc.tuple(key, body).map(([flag, sent]) => [`${BULK}/${encodeURIComponent(flag)}`, sent] as const),
      },
      { name: 'any request for all flags', path: body.map((sent) => [BULK, sent] as const) },
    ];
    const results: CaseResult[] = [];
    for (const { name, path } of properties) {
      const property = fc.asyncProperty(path, async ([at, sent]) => {
        const answer = await this.post(at, sent, this.token);
        const problem = answer.status >= 500 ? `status ${answer.status}` : this.problem(at, answer);
        if (problem !== undefined) throw new Error(problem);
      });
      const details = await fc.check(property, { numRuns: GENERATED, seed: 20_261_127 });
      const why = details.failed ? `${JSON.stringify(details.counterexample)}: ${String(details.errorInstance)}` : '';
      results.push(details.failed ? { name, outcome: 'failed', why } : { name, outcome: 'passed' });
    }
    return results;
  }

  private problem(path: string, { status, text }: { status: number; text: string }): string | undefined {
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    return this.schemas.problem(path === BULK ? BULK : SINGLE, status, body);
  }

  private async post(
    path: string,
    body: unknown,
    token: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  }
}

/** The same by schemathesis, a generator that others keep, where it is installed. */
async function schemathesis(document: Document, url: string, token: string): Promise<CaseResult> {
  const name = 'schemathesis';
  const program = process.env['SCHEMATHESIS'] ?? 'schemathesis';
  try {
    await run(program, ['--version'], { timeout: 30_000 });
  } catch {
    return { name, outcome: 'skipped', why: `${program} is not installed (pip install schemathesis)` };
  }
  const checks = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';
  const options = [
    '--url',
    url,
    '--checks',
    checks,
    '--max-examples',
    '50',
    '--seed',
    '1',
    '--phases',
    'examples,coverage,fuzzing',
  ];
  const folder = await mkdtemp(join(tmpdir(), 'headgate-ofrep-'));
  const file = join(folder, 'openapi.json');
  try {
    await writeFile(file, JSON.stringify(document));
    await run(program, ['run', file, ...options, '-H', `Authorization: Bearer ${token}`], {
      timeout: SCHEMATHESIS_MS,
      cwd: folder,
    });
    return { name, outcome: 'passed' };
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string };
    return { name, outcome: 'failed', why: (stdout || message).slice(-3_000) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
