import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlagdCore } from '@openfeature/flagd-core';
import type { EvaluationContext, ResolutionDetails } from '@openfeature/core';
import fc from 'fast-check';
import { importFlagd } from '../../flags/import/flagd';
import { FlagdDefinition } from '../../flags/import/flagd-definition';
import { generatedCase } from './flagd-generated';
import { ImportedFlags } from './imported-flags';
import { isSame, type CaseResult, type Suite } from './suite';

/** Flags that are made up, always the same. */
const GENERATED = { numRuns: 400, seed: 20_261_128 };
const VARIANTS = { red: '#f00', green: '#0f0', blue: '#00f', true: 'yes', false: 'no', '5': 'five' };
const $evaluators = { isStaff: { ends_with: [{ var: 'email' }, '@example.com'] } };

type Context = Readonly<Record<string, unknown>>;
type Definition = Readonly<Record<string, unknown>> & {
  readonly flags: Readonly<Record<string, { readonly variants: Readonly<Record<string, unknown>> }>>;
};

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

/** What flagd's own core answers, with the caller's default for `missing`. */
function there(core: FlagdCore, key: string, value: unknown, context: Context): Partial<ResolutionDetails<unknown>> {
  const user = context as EvaluationContext;
  switch (typeof value) {
    case 'boolean':
      return core.resolveBooleanEvaluation(key, false, user, silent);
    case 'number':
      return core.resolveNumberEvaluation(key, -1, user, silent);
    case 'string':
      return core.resolveStringEvaluation(key, 'code', user, silent);
    default:
      return core.resolveObjectEvaluation(key, { code: true }, user, silent);
  }
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  boolean: false,
  number: -1,
  string: 'code',
  object: { code: true },
};

/** Value, variant, reason, error code and metadata, in the words of both. */
function told({ value, variant, reason, errorCode, flagMetadata }: Partial<ResolutionDetails<unknown>>): unknown {
  return { value, variant, reason, errorCode, flagMetadata };
}

/**
 * One result for each flag of a definition: the same answer with every context, or why it was not imported, or the
 * first difference.
 */
export function compareWithFlagd(definition: Definition, contexts: readonly Context[]): CaseResult[] {
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify(definition));
  const imported = importFlagd(FlagdDefinition.parse(definition));
  const flags = new ImportedFlags(imported);
  const invalid = flags.problems.map((why): CaseResult => ({
    name: 'what was imported is valid',
    outcome: 'failed',
    why,
  }));
  const each = Object.entries(definition.flags).map(([name, { variants }]): CaseResult => {
    const type = typeof Object.values(variants)[0];
    const notes = imported.notes.filter(({ item }) => item === `flags.${name}` || item.startsWith(`flags.${name}.`));
    const [lost] = notes.filter(({ kind }) => kind !== 'noted');
    if (lost !== undefined) return { name, outcome: 'skipped', why: reasonOf(lost.message) };
    if (flags.flag(name) === undefined)
      return { name, outcome: 'failed', why: 'it was dropped, and nothing tells of it' };
    for (const context of contexts) {
      const wanted = told(there(core, name, Object.values(variants)[0], context));
      const { value = DEFAULTS[type], ...details } = flags.evaluate(name, context as EvaluationContext);
      const actual = told({ ...details, value } as Partial<ResolutionDetails<unknown>>);
      if (isSame(actual, wanted)) continue;
      const [got, wants, given] = [actual, wanted, context].map((part) => JSON.stringify(part));
      return { name, outcome: 'failed', why: `got ${got}, flagd ${wants}, context ${given}` };
    }
    return { name, outcome: 'passed' };
  });
  return [...invalid, ...each];
}

/** What an import tells, in few words: most of what is left out fails in flagd too, whatever the context. */
function reasonOf(message: string): string {
  if (message.startsWith('no condition says'))
    return "an expression that has no meaning, such as a number of 'abc' or an operator that flagd has not";
  return message.replace(/'(==|!=|<|<=|>|>=)'/, 'another value');
}

/**
 * flagd's own core, on definitions made by hand for every operator and on generated ones: imported flags are to answer
 * what it answers.
 */
export const flagdSuite: Suite = {
  name: "flagd's own core (definitions by hand and generated)",
  folder: 'flagd',
  async run(folder) {
    const { definition, contexts } = JSON.parse(readFileSync(join(folder, 'definitions.json'), 'utf8')) as {
      definition: Definition;
      contexts: readonly Context[];
    };
    const generated = fc
      .sample(generatedCase, GENERATED)
      .flatMap(({ targeting, defaultVariant, contexts: users }, at) => {
        const flag = { state: 'ENABLED', variants: VARIANTS, defaultVariant, targeting, metadata: { own: 'flag' } };
        const made = { flags: { [`generated-${at}`]: flag }, $evaluators, metadata: { set: 'all', own: 'set' } };
        return compareWithFlagd(made, users);
      });
    return [...compareWithFlagd(definition, contexts), ...generated];
  },
};
