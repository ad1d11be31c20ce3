import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationContext } from '@openfeature/core';
import { importUnleash } from '../../flags/import/unleash';
import { UnleashState } from '../../flags/import/unleash-state';
import { ImportedFlags } from './imported-flags';
import { compared, type CaseResult, type Suite } from './suite';

interface Variant {
  readonly name: string;
  readonly payload?: { readonly type: string; readonly value: string };
  readonly enabled: boolean;
  readonly feature_enabled?: boolean;
}

interface Specification {
  readonly name: string;
  readonly state: unknown;
  readonly tests?: readonly { description: string; context: Context; toggleName: string; expectedResult: boolean }[];
  readonly variantTests?: readonly {
    description: string;
    context: Context;
    toggleName: string;
    expectedResult: Variant;
  }[];
}

type Context = Readonly<Record<string, unknown>> & { readonly properties?: Readonly<Record<string, unknown>> };

/** Unleash's properties are attributes like its own fields, which come first. */
function contextOf({ properties, ...fields }: Context): EvaluationContext {
  return { ...properties, ...fields } as EvaluationContext;
}

function runSpecification({ state, tests = [], variantTests = [] }: Specification): CaseResult[] {
  const flags = new ImportedFlags(importUnleash(UnleashState.parse(state)));
  const isOn = (key: string, context: Context): boolean => {
    const { errorCode, variant } = flags.evaluate(key, contextOf(context));
    return errorCode === undefined && variant !== undefined && variant !== 'off';
  };
  const checked = flags.problems.map((why): CaseResult => ({
    name: 'what was imported is valid',
    outcome: 'failed',
    why,
  }));
  const toggles = tests.map(({ description, context, toggleName, expectedResult }) =>
    compared(description, isOn(toggleName, context), expectedResult),
  );
  const variants = variantTests.map(({ description, context, toggleName, expectedResult }) => {
    const { variant = 'off', value } = flags.evaluate(toggleName, contextOf(context));
    const isEnabled = isOn(toggleName, context);
    const isNone = !isEnabled || variant === 'on';
    const name = isNone ? 'disabled' : flags.renamed(toggleName, variant);
    const payload =
      isNone || expectedResult.payload === undefined ? undefined : payloadOf(value, expectedResult.payload);
    const actual = { name, ...(payload && { payload }), enabled: !isNone, feature_enabled: isEnabled };
    const { feature_enabled: expectedOn, ...rest } = expectedResult;
    return compared(description, actual, { ...rest, feature_enabled: expectedOn ?? isEnabled });
  });
  return [...checked, ...toggles, ...variants];
}

/** A flag's value in the form in which Unleash hands payloads out: always as text. */
function payloadOf(value: unknown, { type }: { type: string }): { type: string; value: string } {
  return { type, value: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** Unleash's client specification: features imported and evaluated, drawn by Unleash's own hash. */
export const unleashSuite: Suite = {
  name: 'Unleash client specification',
  folder: 'unleash-client-specification',
  async run(folder) {
    const specifications = join(folder, 'specifications');
    const files = readdirSync(specifications).filter((file) => /^\d.*\.json$/.test(file));
    return files.sort().flatMap((file) => {
      const specification = JSON.parse(readFileSync(join(specifications, file), 'utf8')) as Specification;
      return runSpecification(specification).map((result) => ({ ...result, name: `${file}: ${result.name}` }));
    });
  },
};
