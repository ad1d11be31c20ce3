import { FlagDefinition } from '../../../flags/document/flag';
import type { Condition } from '../../../flags/document/condition';
import type { SdkFlag } from '../../../flags/evaluator/resolution';
import { sdkFlagOf } from '../imported-flags';

/** A flag of the specification's `test-flags.json`. */
interface TestFlag {
  readonly variants: FlagDefinition['variants'];
  readonly defaultVariant?: string | null;
  readonly disabled?: boolean;
  readonly flagMetadata?: Record<string, string | number | boolean> | null;
  /** `a && b ? 'variant' : ''`. */
  readonly contextEvaluator?: string;
}

/** The flag that `evaluation.feature` asks for and `test-flags.json` no longer has. */
const CONTEXT_AWARE: TestFlag = {
  variants: { internal: 'INTERNAL', external: 'EXTERNAL' },
  defaultVariant: 'external',
  contextEvaluator: "fn == 'Sulisław' && ln == 'Świętopełk' && age == 29 && !customer ? 'internal' : ''",
};

/** The specification's flags as Headgate's. */
export function testFlags(json: Readonly<Record<string, TestFlag>>): SdkFlag[] {
  return Object.entries({ 'context-aware': CONTEXT_AWARE, ...json }).map(([key, flag]) =>
    sdkFlagOf(definitionOf(key, flag)),
  );
}

function definitionOf(
  key: string,
  { variants, defaultVariant, disabled = false, flagMetadata, contextEvaluator }: TestFlag,
): FlagDefinition {
  const [condition, variant] = contextEvaluator === undefined ? [] : targetingOf(contextEvaluator);
  return FlagDefinition.parse({
    key,
    type: typeof Object.values(variants)[0],
    variants,
    ...(typeof defaultVariant === 'string' && { defaultVariant }),
    enabled: !disabled,
    ...(flagMetadata && { metadata: flagMetadata }),
    rules: condition === undefined ? [] : [{ name: 'targeting', if: condition, serve: { variant } }],
  });
}

const TERM = /^(!)?(\w+)(?:\s*(==|>)\s*(?:'([^']*)'|(\d+)))?$/;

/** Reads the one form of expression that the file holds. */
function targetingOf(expression: string): [Condition, string] {
  const [, conditions = '', variant = ''] = /^(.*) \? '([^']+)' : ''$/.exec(expression) ?? [];
  const all = conditions.split('&&').map((part): Condition => {
    const match = TERM.exec(part.trim());
    if (match === null) throw new Error(`'${part}' is no term that is known`);
    const [, not, attribute = '', operator, text, number] = match;
    if (not !== undefined) return { not: { attribute, operator: 'equals', value: true } };
    const value = text ?? Number(number);
    return { attribute, operator: operator === '>' ? 'greater_than' : 'equals', value };
  });
  return [{ all }, variant];
}
