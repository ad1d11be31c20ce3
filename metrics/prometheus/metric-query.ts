import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS } from '../windows';
import {
  fill,
  holds,
  parseTemplate,
  quoteRegex,
  writeSelector,
  type Matcher,
  type SelectorTemplate,
  type Substitutions,
} from './template';

/** Which part of a metric a query counts. */
export type Part = 'requests' | 'errors' | 'slow' | 'histogram' | 'sum';

/** The sum of the values beside a classic histogram's buckets stands in a series of its own. */
export type ReadPart = Part | 'histogramSum';

/** An arm of the comparison. */
export type Arm = 'control' | 'candidate';

/** A selector made ready: one query brings both arms and all segments, which are told apart by labels. */
export interface SelectorQuery {
  readonly kind: 'selector';
  readonly part: ReadPart;
  readonly selector: string;
  /** The same without its conditions on variant and segment, to see what there is. */
  readonly anyVariant: string;
  /** Labels whose values differ between the arms. */
  readonly variantLabels: Readonly<Record<string, Readonly<Record<Arm, string>>>>;
  readonly segmentLabel: string | null;
  /** Labels that this part is narrowed by, such as the status of errors. */
  readonly conditions: readonly string[];
  readonly isClassicHistogram: boolean;
}

/** An expression made ready: one query for each arm. */
export interface ExpressionQuery {
  readonly kind: 'expression';
  readonly part: ReadPart;
  readonly byArm: Readonly<Record<Arm, string>>;
}

/** One part of a metric as it is asked for. */
export type PartQuery = SelectorQuery | ExpressionQuery;

/** The queries of a metric, the one that says how much there is to compare first. None for a metric of other sources. */
export function partQueries(metric: Metric, names: Substitutions, windowMs: number): PartQuery[] {
  const block = metric.prometheus;
  if (block === undefined) return [];
  const queries: PartQuery[] = [];
  for (const part of ['requests', 'histogram', 'errors', 'slow', 'sum'] as const) {
    const text = block[part];
    if (text === undefined) continue;
    const template = parseTemplate(text);
    if (template.kind === 'expression') {
      const of = (arm: Arm): string => fillExpression(template.text, { ...names, variant: names[arm] }, windowMs);
      queries.push({ kind: 'expression', part, byArm: { control: of('control'), candidate: of('candidate') } });
      continue;
    }
    queries.push(selectorQuery(part, template, names));
    if (part === 'histogram' && template.name.endsWith('_bucket')) {
      const sum = { ...template, name: template.name.replace(/_bucket$/, '_sum') };
      queries.push({ ...selectorQuery('histogramSum', sum, names), isClassicHistogram: false });
    }
  }
  return queries;
}

/** Values go into quoted text of PromQL, where a backslash or a quote would end it; flags and variants hold neither. */
function fillExpression(text: string, names: Substitutions & { readonly variant: string }, windowMs: number): string {
  const { flag, environment, control, candidate, variant } = names;
  const quoted = fill(text, { flag, environment, control, candidate, variant }, (value) =>
    value.replace(/[\\"\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`)),
  );
  return fill(quoted, { window: `${windowMs}ms` });
}

function selectorQuery(part: ReadPart, { name, matchers }: SelectorTemplate, names: Substitutions): SelectorQuery {
  const variantLabels: Record<string, Record<Arm, string>> = {};
  let segmentLabel: string | null = null;
  const asked: Matcher[] = [];
  const shared: Matcher[] = [];
  const conditions: string[] = [];
  for (const { label, operator, value } of matchers) {
    const isRegex = operator === '=~' || operator === '!~';
    const { flag, environment, control, candidate } = names;
    const common = { flag, environment, control, candidate };
    const of = (variant: string): string => fill(value, { ...common, variant }, isRegex ? quoteRegex : undefined);
    if (holds(value, 'segment')) {
      segmentLabel = label;
      continue;
    }
    if (!holds(value, 'variant')) {
      const matcher = { label, operator, value: of('') };
      asked.push(matcher);
      shared.push(matcher);
      conditions.push(label);
      continue;
    }
    const arms = { control: of(control), candidate: of(candidate) };
    variantLabels[label] = arms;
    asked.push({ label, operator: '=~', value: `${quoteRegex(arms.control)}|${quoteRegex(arms.candidate)}` });
  }
  return {
    kind: 'selector',
    part,
    selector: writeSelector(name, asked),
    anyVariant: writeSelector(name, shared),
    variantLabels,
    segmentLabel,
    conditions,
    isClassicHistogram: part === 'histogram' && name.endsWith('_bucket'),
  };
}

/** The arm that a series is of, or null for neither. */
export function armOf({ variantLabels }: SelectorQuery, labels: Readonly<Record<string, string>>): Arm | null {
  const arms = ['control', 'candidate'] as const;
  const fits = (arm: Arm): boolean =>
    Object.entries(variantLabels).every(([label, values]) => (labels[label] ?? '') === values[arm]);
  return arms.find(fits) ?? null;
}

/** The segments that a series counts for: everybody, and its own when it is observed. */
export function segmentsOf(
  { segmentLabel }: SelectorQuery,
  labels: Readonly<Record<string, string>>,
  observed: readonly string[],
): string[] {
  const segment = segmentLabel === null ? undefined : labels[segmentLabel];
  return segment !== undefined && observed.includes(segment) ? [ALL_USERS, segment] : [ALL_USERS];
}
