import { strict as assert } from 'node:assert';
import {
  OpenFeature,
  type EvaluationContextValue,
  type EvaluationDetails,
  type FlagValue,
  type TransactionContextPropagator,
  AsyncLocalStorageTransactionContextPropagator,
} from '@openfeature/server-sdk';
import type { AskedType, HookCall, World } from './world';

/** A step's words and what it does; `table` is the table below it, row by row. */
export interface Step {
  readonly text: RegExp;
  readonly run: (world: World, words: readonly string[], table: readonly (readonly string[])[]) => unknown;
}

/** Levels at which context is given, from the least to the most particular. */
const LEVELS = ['API', 'Transaction', 'Client', 'Invocation', 'Before Hooks'];

function valueOf(type: string, text: string): FlagValue {
  switch (type.toLowerCase()) {
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'float':
      return Number(text);
    case 'object':
      return JSON.parse(text.replaceAll('\\"', '"')) as FlagValue;
    default:
      return text;
  }
}

function known({ details }: World): EvaluationDetails<FlagValue> {
  assert.ok(details, 'nothing was evaluated');
  return details;
}

function ask(world: World, key: string, type: string, otherwise: string): void {
  const asked = type.toLowerCase() as AskedType;
  world.asked = { key, type: asked, otherwise: valueOf(asked, otherwise) };
}

/** A key and a value for one of the levels. */
function addContext(world: World, level: string, key: string, value: EvaluationContextValue): void {
  const target = level === 'Before Hooks' ? 'hook' : level;
  world.contexts[target] = { ...world.contexts[target], [key]: value };
}

/** Evaluates with every level's context in its place, noting what reaches the provider. */
async function evaluateMerged(world: World): Promise<void> {
  const { contexts, client, provider } = world;
  OpenFeature.setContext(contexts['API'] ?? {});
  client.setContext(contexts['Client'] ?? {});
  const hookContext = contexts['hook'];
  if (hookContext !== undefined) world.hooks = [{ before: () => hookContext }];
  assert.ok(provider);
  const resolve = provider.resolveBooleanEvaluation.bind(provider);
  provider.resolveBooleanEvaluation = (key, otherwise, context) => {
    world.merged = context;
    return resolve(key, otherwise, context);
  };
  world.asked = { key: 'boolean-flag', type: 'boolean', otherwise: false };
  const propagator: TransactionContextPropagator = new AsyncLocalStorageTransactionContextPropagator();
  OpenFeature.setTransactionContextPropagator(propagator);
  await new Promise<void>((resolve, reject) => {
    OpenFeature.setTransactionContext(contexts['Transaction'] ?? {}, () => world.evaluate().then(resolve, reject));
  });
}

function hookDetails(call: HookCall | undefined, rows: readonly (readonly string[])[]): void {
  assert.ok(call, 'the hook was not called');
  const { details } = call;
  const fields: Record<string, unknown> = {
    flag_key: details?.flagKey,
    value: details?.value,
    variant: details?.variant,
    reason: details?.reason,
    error_code: details?.errorCode,
  };
  for (const [type = '', key = '', value = ''] of rows.slice(1)) {
    if (value === 'null')
      assert.ok(fields[key] === undefined || fields[key] === null, `${key} is ${String(fields[key])}`);
    else assert.deepEqual(fields[key], valueOf(type, value), key);
  }
}

const MEMBERS = /^"(\w+)", "(\w+)", and "(\w+)", with values "([^"]*)", "([^"]*)" and (\d+), respectively$/;

/** The fields of an object by the sentence that names them. */
function containsFields(value: unknown, sentence: string): void {
  const [, a = '', b = '', c = '', x = '', y = '', z = ''] = MEMBERS.exec(sentence) ?? [];
  assert.deepEqual(value, { [a]: x === 'true', [b]: y, [c]: Number(z) });
}

/** Every step of OpenFeature's feature files. */
export const STEPS: readonly Step[] = [
  { text: /^a (stable|not ready|error|stale) provider$/, run: (world, [state = '']) => world.open(state) },
  { text: /^a stable provider with retrievable context is registered$/, run: (world) => world.open('stable') },
  {
    text: /^the provider status should be "(\w+)"$/,
    run: ({ client }, [status]) => assert.equal(client.providerStatus, status),
  },

  // What is asked for.
  {
    text: /^an? (\w+)-flag with key "(.*)" and a fallback value "(.*)"$/,
    run: (world, [type = '', key = '', value = '']) => ask(world, key, type, value),
  },
  {
    text: /^a context containing a key "(.*)", with type "(\w+)" and with value "(.*)"$/,
    run: (world, [key = '', type = '', value = '']) => addContext(world, 'Invocation', key, valueOf(type, value)),
  },
  {
    text: /^a context containing a key "(.*)" with null value$/,
    run: (world, [key = '']) => addContext(world, 'Invocation', key, null),
  },
  {
    text: /^context contains keys "fn", "ln", "age", "customer" with values "(.*)", "(.*)", (\d+), "(.*)"$/,
    run: (world, [fn = '', ln = '', age = '', customer = '']) => {
      world.contexts['Invocation'] = { fn, ln, age: Number(age), customer: customer === 'true' };
    },
  },
  { text: /^the flag was evaluated with details(?: asynchronously)?$/, run: (world) => world.evaluate() },
  {
    text: /^an? (?:non-existent )?(\w+) flag with key "(.*?)" is evaluated (?:with details and|with)(?: a)? (?:default|fallback) value "?(.*?)"?$/,
    run: async (world, [type = '', key = '', value = '']) => {
      ask(world, key, type, value);
      await world.evaluate();
    },
  },
  {
    text: /^an object flag with key "(.*?)" is evaluated with (?:details and )?a null default value$/,
    run: async (world, [key = '']) => {
      ask(world, key, 'object', '{}');
      await world.evaluate();
    },
  },
  {
    text: /^a flag with key "(.*?)" is evaluated with default value "(.*?)"$/,
    run: async (world, [key = '', value = '']) => {
      ask(world, key, 'string', value);
      await world.evaluate();
    },
  },
  {
    text: /^a string flag with key "(.*?)" is evaluated as an integer, with details and a fallback value (\d+)$/,
    run: async (world, [key = '', value = '']) => {
      ask(world, key, 'integer', value);
      await world.evaluate();
    },
  },

  // What comes of it.
  {
    text: /^the resolved details value should be "(.*)"$/,
    run: (world, [value = '']) => assert.deepEqual(known(world).value, valueOf(world.asked.type, value)),
  },
  {
    text: /^the resolved (boolean|string|integer|float) (?:details )?(?:value|response) should be "?(.*?)"?(?:, the variant should be "(.*)", and the reason should be "(.*)")?$/,
    run: (world, [type = '', value = '', variant, reason]) => {
      assert.deepEqual(known(world).value, valueOf(type, value));
      if (variant !== undefined) assert.deepEqual([known(world).variant, known(world).reason], [variant, reason]);
    },
  },
  {
    text: /^the resolved object (?:details )?value should be contain fields (.*)$/,
    run: (world, [sentence = '']) => containsFields(known(world).value, sentence),
  },
  {
    text: /^the variant should be "(.*?)", and the reason should be "(.*?)"$/,
    run: (world, [variant, reason]) => assert.deepEqual([known(world).variant, known(world).reason], [variant, reason]),
  },
  {
    text: /^the resolved flag value is "(.*)" when the context is empty$/,
    run: async (world, [value]) => {
      world.contexts['Invocation'] = {};
      await world.evaluate();
      assert.equal(known(world).value, value);
    },
  },
  {
    text: /^the default (?:string|integer) value should be returned$/,
    run: (world) => assert.deepEqual(known(world).value, world.asked.otherwise),
  },
  {
    text: /^the reason should indicate an error and the error code should indicate .* with "(\w+)"$/,
    run: (world, [code]) => assert.deepEqual([known(world).reason, known(world).errorCode], ['ERROR', code]),
  },
  { text: /^the reason should be "(\w+)"$/, run: (world, [reason]) => assert.equal(known(world).reason, reason) },
  { text: /^the error-code should be "(\w+)"$/, run: (world, [code]) => assert.equal(known(world).errorCode, code) },
  { text: /^the flag key should be "(.*)"$/, run: (world, [key]) => assert.equal(known(world).flagKey, key) },
  { text: /^the variant should be "([^"]*)"$/, run: (world, [variant]) => assert.equal(known(world).variant, variant) },
  { text: /^the evaluation should complete without blocking$/, run: (world) => assert.ok(known(world)) },
  {
    text: /^the resolved metadata should contain$/,
    run: (world, _, table) => {
      const wanted = table.slice(1).map(([key = '', type = '', value = '']) => [key, valueOf(type, value)] as const);
      assert.deepEqual({ ...known(world).flagMetadata }, Object.fromEntries(wanted));
    },
  },
  { text: /^the resolved metadata is empty$/, run: (world) => assert.deepEqual({ ...known(world).flagMetadata }, {}) },

  // Hooks.
  { text: /^a client with added hook$/, run: (world) => void world.client.addHooks(world.notingHook()) },
  {
    text: /^the "(\w+)" hook should have been executed$/,
    run: (world, [stage]) => assert.ok(world.hookCalls.some((call) => call.stage === stage)),
  },
  {
    text: /^the "(.*)" hooks should be called with evaluation details$/,
    run: (world, [stages = ''], table) => {
      for (const stage of stages.split(', '))
        hookDetails(
          world.hookCalls.find((call) => call.stage === stage),
          table,
        );
    },
  },
  {
    text: /^evaluation options containing specific hooks$/,
    run: (world) => {
      world.hooks = [world.notingHook(), world.notingHook()];
    },
  },
  { text: /^the flag was evaluated with details using the evaluation options$/, run: (world) => world.evaluate() },
  {
    text: /^the specified hooks should execute during evaluation$/,
    run: (world) => assert.equal(world.hookCalls.length, 6),
  },
  {
    text: /^the hook order should be maintained$/,
    run: (world) =>
      assert.deepEqual(
        world.hookCalls.map(({ stage }) => stage),
        ['before', 'before', 'after', 'after', 'finally', 'finally'],
      ),
  },
  {
    text: /^an evaluation context with modifiable data$/,
    run: (world) => {
      world.contexts['Invocation'] = { targetingKey: 'user', nested: { list: [1, 2] } };
    },
  },
  {
    text: /^the original evaluation context should remain unmodified$/,
    run: (world) => assert.deepEqual(world.contexts['Invocation'], { targetingKey: 'user', nested: { list: [1, 2] } }),
  },
  {
    text: /^the evaluation details should be immutable$/,
    run: (world) => assert.ok(Object.isFrozen(known(world)) || Object.isFrozen(known(world).flagMetadata)),
  },

  // Context.
  {
    text: /^A context entry with key "(.*)" and value "(.*)" is added to the "(.*)" level$/,
    run: (world, [key = '', value = '', level = '']) => addContext(world, level, key, value),
  },
  {
    text: /^A table with levels of increasing precedence$/,
    run: (world, _, table) => {
      world.levels = table.map(([level = '']) => level);
      assert.deepEqual(
        world.levels,
        LEVELS.filter((level) => world.levels.includes(level)),
      );
    },
  },
  {
    text: /^Context entries for each level from API level down to the "(.*)" level, with key "(.*)" and value "(.*)"$/,
    run: (world, [last = '', key = '']) => {
      for (const level of world.levels.slice(0, world.levels.indexOf(last) + 1)) addContext(world, level, key, level);
    },
  },
  { text: /^Some flag was evaluated$/, run: evaluateMerged },
  {
    text: /^The merged context contains an entry with key "(.*)" and value "(.*)"$/,
    run: (world, [key = '', value]) => assert.equal(world.merged[key], value),
  },
];
