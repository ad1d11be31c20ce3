/**
 * Nanoseconds of one evaluation, beside a bare map look-up with MurmurHash3: `npx tsx bench/flag-eval/main.ts
 * [rounds]`. Contenders take turns in random order within each round, so that whatever else the machine does falls on
 * all alike; medians and least rounds are shown.
 */
import { OpenFeature, type EvaluationContext } from '@openfeature/server-sdk';
import { bucketUnder, prepareSalt } from '../../flags/evaluator/bucket';
import type { SdkFlag } from '../../flags/evaluator/resolution';
import { compileSnapshot } from '../../flags/evaluator/snapshot';
import { HeadgateProvider } from '../../sdk/src';

const FLAGS = 1000;
const CONTEXTS = 512;
const CALLS = 100_000;
const rounds = Number(process.argv[2] ?? 11);

const contexts: EvaluationContext[] = Array.from({ length: CONTEXTS }, (_, user) => ({
  targetingKey: `user-${user * 7919}`,
  country: user % 3 === 0 ? 'DE' : 'FR',
  plan: user % 2 === 0 ? 'pro' : 'free',
}));
const keys = Array.from({ length: FLAGS }, (_, at) => `flag-${at}`);

const flag = (key: string, overrides: Partial<SdkFlag>): SdkFlag => ({
  _id: `bench/${key}`,
  environment: 'bench',
  key,
  enabled: true,
  type: 'boolean',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  offVariant: 'off',
  rules: [],
  prerequisites: [],
  salt: key,
  revision: 1,
  ...overrides,
});

const rollout = (key: string): NonNullable<SdkFlag['rollout']> => ({
  id: `rollout-${key}`,
  place: { kind: 'default' },
  control: 'off',
  candidate: 'on',
  weight: 10,
  transition: 1,
  salt: `salt-${key}`,
  excludedSegments: [],
  onLapse: 'control',
  leaseMs: 3_600_000,
  observe: { windowMs: 10_000, segments: [], thresholds: {} },
});

const german = { attribute: 'country', operator: 'equals', value: 'DE' } as const;
const segments = [{ environment: 'bench', key: 'germans', revision: 1, if: german }];
const split = ['on', 'off'].map((variant, at) => ({ variant, weight: at === 0 ? 10 : 90 }));
/** How each flag looks, and how many of the flags are evaluated in turn. */
const shapes = {
  'segment and 10 % split': {
    make: (key: string) => flag(key, { rules: [{ name: 'r', if: { segment: 'germans' }, serve: { split } }] }),
    used: FLAGS,
  },
  '10 live rollouts at 10 %': { make: (key: string) => flag(key, { rollout: rollout(key) }), used: 10 },
  '1,000 live rollouts at 10 %': { make: (key: string) => flag(key, { rollout: rollout(key) }), used: FLAGS },
};
type Shape = keyof typeof shapes;

const salts = new Map(keys.map((key) => [key, prepareSalt(`salt-${key}`)]));
let sink = 0;

/** Snapshot with every lease granted. */
function snapshotOf(shape: Shape) {
  const snapshot = compileSnapshot({ flags: keys.map(shapes[shape].make), segments });
  for (const id of snapshot.leases.keys()) snapshot.setLease(id, Number.POSITIVE_INFINITY);
  return snapshot;
}

/** Provider that was sent the snapshot once; it polls again in an hour, and evidence goes nowhere. */
async function providerOf(shape: Shape): Promise<HeadgateProvider> {
  const flags = keys.map(shapes[shape].make);
  const leases = Object.fromEntries(flags.flatMap(({ rollout: live }) => (live ? [[live.id, 3_600_000]] : [])));
  const body = { environment: 'bench', etag: '"1"', flags, segments, leases, timeMs: Date.now() };
  const provider = new HeadgateProvider({
    url: 'http://127.0.0.1:9',
    token: 'bench',
    pollIntervalMs: 3_600_000,
    maxExposures: 1_000_000,
    fetch: (url) =>
      Promise.resolve(
        url === 'http://127.0.0.1:9/v1/sdk/snapshot' ? Response.json(body) : new Response('{}', { status: 202 }),
      ),
  });
  await provider.initialize();
  return provider;
}

type Contender = { name: string; calls: number; run: (calls: number) => void | Promise<void> };

/** Each call takes another flag and another user. */
function each(calls: number, used: number, call: (key: string, context: EvaluationContext) => boolean): void {
  let served = 0;
  for (let at = 0; at < calls; at += 1) if (call(keys[at % used]!, contexts[(at * 31) % CONTEXTS]!)) served += 1;
  sink += served;
}

async function contenders(): Promise<Contender[]> {
  const list: Contender[] = [
    {
      name: 'bare map look-up and murmur3',
      calls: CALLS,
      run: (calls) =>
        each(calls, FLAGS, (key, context) => bucketUnder(salts.get(key)!, context.targetingKey!) < 10_000),
    },
  ];
  for (const shape of Object.keys(shapes) as Shape[]) {
    const { used } = shapes[shape];
    const snapshot = snapshotOf(shape);
    const provider = await providerOf(shape);
    list.push({
      name: `evaluator: ${shape}`,
      calls: CALLS,
      run: (calls) =>
        each(calls, used, (key, context) => snapshot.resolve(key, 'boolean', context, 0).details.value === true),
    });
    list.push({
      name: `provider, direct: ${shape}`,
      calls: CALLS,
      run: (calls) => each(calls, used, (key, context) => provider.evaluateBoolean(key, false, context)),
    });
    await OpenFeature.setProviderAndWait(shape, provider);
    const client = OpenFeature.getClient(shape);
    list.push({
      name: `OpenFeature client: ${shape}`,
      calls: CALLS / 50,
      run: async (calls) => {
        for (let at = 0; at < calls; at += 1) {
          if (await client.getBooleanValue(keys[at % used]!, false, contexts[(at * 31) % CONTEXTS])) sink += 1;
        }
      },
    });
  }
  return list;
}

async function main(): Promise<void> {
  const list = await contenders();
  const times = new Map(list.map(({ name }) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round += 1) {
    for (const { name, calls, run } of [...list].sort(() => Math.random() - 0.5)) {
      const startedAt = process.hrtime.bigint();
      await run(calls);
      const ns = Number(process.hrtime.bigint() - startedAt) / calls;
      // The first rounds warm up the compiler.
      if (round >= 0) times.get(name)?.push(ns);
    }
  }
  const median = (values: number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const bare = median(times.get(list[0]!.name) ?? []);
  console.log(`${FLAGS} flags, ${CONTEXTS} users, ${rounds} rounds, Node ${process.version} (${sink} served)\n`);
  console.log('| contender | ns, median | ns, least | to bare |\n| --- | ---: | ---: | ---: |');
  for (const [name, ns] of times) {
    console.log(
      `| ${name} | ${median(ns).toFixed(0)} | ${Math.min(...ns).toFixed(0)} | ${(median(ns) / bare).toFixed(2)} |`,
    );
  }
  await OpenFeature.close();
}

void main();
