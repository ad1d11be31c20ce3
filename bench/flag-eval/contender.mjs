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
const base = (key) => ({
  _id: `bench/${key}`,
  environment: 'bench',
  key,
  enabled: true,
  rules: [],
  prerequisites: [],
  salt: key,
  revision: 1,
});

const booleanFlag = (key) => ({
  ...base(key),
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
    {
      name: 'some',
      if: everybody,
      serve: {
        split: [
          { variant: 'on', weight: 10 },
          { variant: 'off', weight: 90 },
        ],
      },
    },
  ],
});

const variantFlag = (key) => ({
  ...base(key),
  type: 'string',
  variants: { a: 'a', b: 'b', c: 'c', d: 'd' },
  defaultVariant: 'a',
  offVariant: 'a',
  rules: [
    {
      name: 'split',
      if: everybody,
      serve: {
        split: [
          ['a', 10],
          ['b', 20],
          ['c', 30],
          ['d', 40],
        ].map(([variant, weight]) => ({ variant, weight })),
      },
    },
  ],
});

export async function create(model) {
  const etag = '"bench"';
  const flags = [...model.bools.map(booleanFlag), ...model.variants.map(variantFlag)];
  const body = JSON.stringify({ environment: 'bench', etag, flags, segments: [], leases: {}, timeMs: Date.now() });
  const headgate = new HeadgateProvider({
    url: 'http://127.0.0.1:9',
    token: 'bench',
    pollIntervalMs: 3_600_000,
    // The server's answer without a network between: parsing, checking and compiling it are the provider's own.
    fetch: async () => new Response(body, { headers: { etag, 'headgate-time': String(Date.now()) } }),
  });
  await headgate.initialize();
  return {
    ctx: ({ userId, country, plan }) => ({ targetingKey: userId, country, plan }),
    bool: (key, context) => headgate.evaluateBoolean(key, false, context),
    variant: (key, context) => headgate.evaluateString(key, 'a', context),
    close: () => headgate.onClose(),
  };
}
