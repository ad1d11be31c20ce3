// Headgate as a contender of a flag-evaluation bench: exports `name` and `create(model)`, whose model lists boolean keys (`bools`: on when the
// country is NO, SE or DK and the plan is pro, else 10 % of users) and four-variant keys (`variants`: a, b, c, d at 10, 20, 30, 40).
// Evaluates through the provider's direct calls, on the built package when there is one (`npm run build`), else on its sources.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The provider's module: built, or compiled on the fly. */
function provider() {
  const built = new URL('../../dist/sdk/src/index.js', import.meta.url);
  if (existsSync(built)) return require(built.pathname);
  require('tsx/cjs');
  return require('../../sdk/src/index.ts');
}

const { HeadgateProvider } = provider();

export const name = 'headgate';

const everybody = { attribute: 'targetingKey', operator: 'exists', value: true };
const split = (weights) => ({ split: Object.entries(weights).map(([variant, weight]) => ({ variant, weight })) });

const booleanFlag = JSON.stringify({
  type: 'boolean',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  offVariant: 'off',
  rules: [
    {
      name: 'nordic-pro',
      if: {
        all: [
          { attribute: 'country', operator: 'in', value: ['NO', 'SE', 'DK'] },
          { attribute: 'plan', operator: 'equals', value: 'pro' },
        ],
      },
      serve: { variant: 'on' },
    },
    { name: 'some', if: everybody, serve: split({ on: 10, off: 90 }) },
  ],
});

const variantFlag = JSON.stringify({
  type: 'string',
  variants: { a: 'a', b: 'b', c: 'c', d: 'd' },
  defaultVariant: 'a',
  offVariant: 'a',
  rules: [{ name: 'split', if: everybody, serve: split({ a: 10, b: 20, c: 30, d: 40 }) }],
});

/** What the server sends: a header and one flag a line, in the order of keys (docs/api.md). */
function answerOf({ bools, variants }) {
  const lines = [
    ...bools.map((key) => `${key}\t1\t\t${booleanFlag}\n`),
    ...variants.map((key) => `${key}\t1\t\t${variantFlag}\n`),
  ];
  const body = lines.sort().join('');
  const header = { version: 1, environment: 'bench', etag: '"bench"', bytes: Buffer.byteLength(body) };
  return Buffer.from(`${JSON.stringify({ ...header, rollouts: [], segments: [], leases: [] })}\n${body}`);
}

const headers = new Map([
  ['content-type', 'application/vnd.headgate.flag-lines'],
  ['etag', 'W/"bench"'],
]);

export async function create(model) {
  const headgate = new HeadgateProvider({
    url: 'http://127.0.0.1:9',
    token: 'bench',
    pollIntervalMs: 3_600_000,
    streaming: false,
    // The server's answer without a network between: checking, reading and compiling it are the provider's own. It is no `Response`, since the first one of a
    // process takes Node longer than all of that, and the provider by itself asks by node:http, which makes none.
    fetch: async () => ({ status: 200, headers, body: null, arrayBuffer: async () => answerOf(model) }),
  });
  await headgate.initialize();
  return {
    ctx: ({ userId, country, plan }) => ({ targetingKey: userId, country, plan }),
    bool: (key, context) => headgate.evaluateBoolean(key, false, context),
    variant: (key, context) => headgate.evaluateString(key, 'a', context),
    close: () => headgate.onClose(),
  };
}
