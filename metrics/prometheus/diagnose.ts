import type { SourceTrouble } from '../windows';
import type { Arm, PartQuery, SelectorQuery } from './metric-query';
import type { InstantSample, PrometheusClient } from './prometheus-client';
import type { PartIncrease } from './read-parts';

/** As many label values as a person reads. */
const SHOWN_VALUES = 8;
const SHOWN_CHARACTERS = 200;

/** What is wrong, of a metric still to be named. */
export type Finding = Omit<SourceTrouble, 'metric'>;

/** When a metric was asked for, and since when something must have come. */
export interface DoubtTimes {
  readonly nowMs: number;
  readonly freshFromMs: number;
}

/**
 * Why a metric brings nothing new to compare: nothing is scraped any more, the metric or its variant label is not
 * there, or an arm has none. Null while both arms are scraped, whether or not they have requests, and until a second
 * scrape of a service that was found only now.
 */
export async function whyNothing(
  client: PrometheusClient,
  query: PartQuery,
  increases: readonly PartIncrease[],
  { nowMs, freshFromMs }: DoubtTimes,
  signal: AbortSignal,
): Promise<Finding | null> {
  const newest = (arm: Arm): number =>
    increases.reduce((last, increase) => (increase.arm === arm ? Math.max(last, increase.toMs) : last), -1);
  const newestOf = { control: newest('control'), candidate: newest('candidate') };
  if (newestOf.control > freshFromMs && newestOf.candidate > freshFromMs) return null;
  const arms = (['control', 'candidate'] as const).filter((arm) => newestOf[arm] <= freshFromMs);
  if (query.kind === 'expression') {
    const quality = arms.every((arm) => newestOf[arm] < 0) ? 'no_traffic' : 'stale';
    return { quality, detail: `The expression gives nothing for ${arms.join(' and ')}.` };
  }
  const present = await inspect(client, query, nowMs, signal);
  if (arms.length === 2 && (newestOf.control >= 0 || newestOf.candidate >= 0)) {
    const detail = `No new samples of ${shown(query.anyVariant)}: the service is not scraped any more.`;
    return { quality: 'stale', detail };
  }
  if (present.length === 0) return { quality: 'no_traffic', detail: `There are no series ${shown(query.anyVariant)}.` };
  return lacking(query, present, arms);
}

/** What there is of the series now, by the labels that tell variants apart. */
async function inspect(
  client: PrometheusClient,
  { anyVariant, variantLabels }: SelectorQuery,
  nowMs: number,
  signal: AbortSignal,
): Promise<InstantSample[]> {
  const by = Object.keys(variantLabels).join(',');
  return client.instant(`topk(${SHOWN_VALUES + 1}, count by (${by}) (${anyVariant}))`, nowMs, signal);
}

function lacking(query: SelectorQuery, present: readonly InstantSample[], arms: readonly Arm[]): Finding | null {
  const labels = Object.keys(query.variantLabels);
  const missing = labels.filter((label) => present.every((sample) => (sample.labels[label] ?? '') === ''));
  if (missing.length > 0) {
    return {
      quality: 'label_missing',
      detail: `No series ${shown(query.anyVariant)} has the label ${missing.join(', ')}.`,
    };
  }
  const has = (arm: Arm): boolean =>
    present.some((sample) => labels.every((label) => sample.labels[label] === query.variantLabels[label]?.[arm]));
  const absent = arms.filter((arm) => !has(arm));
  // Scraped again, or scraped for the first time: what it grows by is known after the next scrape.
  if (absent.length === 0) return null;
  const values = (of: (label: string) => string): string => labels.map((label) => `${label}="${of(label)}"`).join(', ');
  const wanted = absent.map((arm) => values((label) => query.variantLabels[label]?.[arm] ?? '')).join(' and ');
  const seen = present.slice(0, SHOWN_VALUES).map((sample) => values((label) => sample.labels[label] ?? ''));
  // Where neither arm is there, the label holds something else; where one is, the other may simply have had no request.
  const quality = absent.length === 2 ? 'label_missing' : 'no_traffic';
  return { quality, detail: `No series ${shown(query.anyVariant)} has ${wanted}; there are ${seen.join('; ')}.` };
}

/**
 * Whether a part that nobody saw, such as errors, could be there at all. Nothing is wrong with no errors; a condition
 * on a label that the metric does not have would hide every one of them.
 */
export async function whyNoErrors(
  client: PrometheusClient,
  query: PartQuery,
  nowMs: number,
  signal: AbortSignal,
): Promise<Finding | null> {
  if (query.kind === 'expression' || query.conditions.length === 0) return null;
  const name = query.selector.slice(0, query.selector.indexOf('{'));
  const { conditions } = query;
  const found = await client.instant(`topk(50, count by (${conditions.join(',')}) (${name}))`, nowMs, signal);
  if (found.length === 0) return null;
  const missing = conditions.filter((label) => found.every((sample) => (sample.labels[label] ?? '') === ''));
  if (missing.length === 0) return null;
  return {
    quality: 'label_missing',
    detail: `No series ${name} has the label ${missing.join(', ')}, which the plan asks for.`,
  };
}

function shown(selector: string): string {
  return selector.length > SHOWN_CHARACTERS ? `${selector.slice(0, SHOWN_CHARACTERS)}…` : selector;
}
