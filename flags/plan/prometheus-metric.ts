import { z } from 'zod';

const LABEL_VALUE = String.raw`"(?:[^"\\\n]|\\.)*"`;
const MATCHER = String.raw`\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=|!=|=~|!~)\s*${LABEL_VALUE}\s*`;
/** A series selector without anything around it: `name{label="value", …}`. */
const SELECTOR = new RegExp(String.raw`^\s*[a-zA-Z_:][a-zA-Z0-9_:]*\s*\{(?:${MATCHER}(?:,${MATCHER})*,?\s*)?\}\s*$`);
const PLACEHOLDERS = new Set(['variant', 'control', 'candidate', 'segment', 'flag', 'environment', 'window']);

/**
 * Where one amount of a metric is counted: a selector of raw counters, from which Headgate takes exact increases, or
 * with `{{window}}` an expression that gives each window's amount itself.
 */
export const PrometheusTemplate = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

function problemOf(text: string): string | null {
  const names = [...text.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !PLACEHOLDERS.has(name));
  if (unknown !== undefined) {
    return `{{${unknown}}} is not known; there are ${[...PLACEHOLDERS].map((name) => `{{${name}}}`).join(', ')}`;
  }
  if (!names.includes('variant')) {
    return 'names no variant, so both arms would read the same series; write a label such as variant="{{variant}}"';
  }
  if (names.includes('window')) {
    return names.includes('segment') ? '{{segment}} works in selectors of counters only, not with {{window}}' : null;
  }
  if (/(?:!=|=~|!~)\s*"[^"]*\{\{\s*variant/.test(text)) {
    return '{{variant}} is compared with = in a selector, so that each series belongs to one arm';
  }
  if (SELECTOR.test(text)) return null;
  return 'is no selector of counters such as requests_total{variant="{{variant}}"}; an expression that counts by itself needs {{window}}, as in sum(increase(requests_total{variant="{{variant}}"}[{{window}}]))';
}

/** Reads a metric from Prometheus instead of Headgate's own windows. The worker knows the source's address and credentials. */
export const PrometheusMetric = z.strictObject({
  /** Name of a source that the worker is configured with. */
  source: z
    .string()
    .max(60)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/)
    .default('default'),
  /** All requests, or whatever else `errors`, `slow` or `sum` are a part of. */
  requests: PrometheusTemplate.optional(),
  /** For `error_rate`: the requests that failed. */
  errors: PrometheusTemplate.optional(),
  /** For `slower_than` without a histogram: the requests above the threshold. */
  slow: PrometheusTemplate.optional(),
  /** A histogram: its `_bucket` series when it is classic, its own name when it is native. */
  histogram: PrometheusTemplate.optional(),
  /** For means without a histogram: the sum of the values. */
  sum: PrometheusTemplate.optional(),
  /**
   * For means without a histogram: how wide single values scatter, as a multiple of their mean; counters do not tell.
   * When omitted, 3.
   */
  variation: z.number().positive().max(1000).optional(),
  /**
   * `seconds` are turned into milliseconds, as thresholds and margins are in. When omitted, `seconds` where the name
   * says so.
   */
  unit: z.enum(['seconds', 'none']).optional(),
});
export type PrometheusMetric = z.infer<typeof PrometheusMetric>;

/** The name under which a metric's totals from Prometheus stand; reported events hold no colon, so the two never meet. */
export function prometheusEvent(metricName: string): string {
  return `prometheus:${metricName}`;
}

/** The block with its unit filled in. */
export function resolvePrometheusMetric(block: PrometheusMetric): PrometheusMetric {
  const measured = block.histogram ?? block.sum ?? '';
  return { ...block, unit: block.unit ?? (/_seconds(?:_bucket|_sum)?\s*\{/.test(measured) ? 'seconds' : 'none') };
}

type Field = Exclude<keyof PrometheusMetric, 'source' | 'unit' | 'variation'>;

/** Sets of fields that a kind of metric can be made of; the first is what a message proposes. */
const FIELDS: Readonly<Record<string, readonly (readonly Field[])[]>> = {
  error_rate: [['requests', 'errors']],
  slower_than: [['histogram'], ['requests', 'slow']],
  mean_value: [['histogram'], ['requests', 'sum']],
  quantile: [['histogram']],
  distribution: [['histogram']],
};

/** What is wrong with the fields of a block for a kind of metric; null when it fits. */
export function checkPrometheusMetric(kind: string, block: PrometheusMetric): string | null {
  const written = (['requests', 'errors', 'slow', 'histogram', 'sum'] as const).filter(
    (field) => block[field] !== undefined,
  );
  const choices = FIELDS[kind];
  if (choices === undefined) return `${kind} cannot be read from Prometheus; mean_value with sum and requests can`;
  if (choices.some((choice) => choice.length === written.length && choice.every((field) => written.includes(field)))) {
    return null;
  }
  const proposal = choices.map((choice) => choice.join(' and ')).join(', or ');
  return `${kind} needs ${proposal}; here stand ${written.length === 0 ? 'none' : written.join(', ')}`;
}
