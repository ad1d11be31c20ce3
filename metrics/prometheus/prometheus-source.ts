import type { Metric } from '../../flags/plan/metric';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { JUDGE_AFTER_MS, windowStartAt, type SourceTrouble, type StrataAnswer, type StrataQuery } from '../windows';
import { whyNothing, whyNoErrors } from './diagnose';
import { partQueries, type PartQuery } from './metric-query';
import type { PrometheusClient } from './prometheus-client';
import { readParts, type PartIncrease, type ReadSpan } from './read-parts';
import { buildStrata, type TransitionSpan } from './build-strata';

/**
 * Evidence further back than this is not fetched any more: it bounds what a worker asks for when it comes back from an
 * outage.
 */
const LONGEST_BACKLOG_MS = 30 * 60_000;
/** A sample newer than this, or three windows, means that scraping goes on. */
const FRESH_MS = 90_000;
const FRESH_WINDOWS = 3;

/** When a transition of the rollout was written. */
export interface TransitionInstant {
  readonly transition: number;
  readonly atMs: number;
}

/** A look's question to Prometheus. */
export interface PrometheusQuery extends StrataQuery {
  readonly metrics: readonly Metric[];
}

/** What {@link PrometheusMetricSource} reaches. */
export interface PrometheusSourceDependencies {
  /** By the name that plans use. */
  readonly clients: ReadonlyMap<string, PrometheusClient>;
  /** Every transition of a rollout, in order: Prometheus does not know under which weight a request was served. */
  readonly transitionsOf: (rolloutId: string) => Promise<readonly TransitionInstant[]>;
}

/** The metrics of a plan that are read from Prometheus, as strata like those of Headgate's own windows. */
export class PrometheusMetricSource {
  constructor(private readonly dependencies: PrometheusSourceDependencies) {}

  /** How much later than Headgate's own windows those of these metrics can be judged. */
  delayMs(metrics: readonly Metric[]): number {
    const delays = metrics.map(({ prometheus }) =>
      prometheus === undefined ? 0 : (this.dependencies.clients.get(prometheus.source)?.config.delayMs ?? 0),
    );
    return Math.max(0, ...delays);
  }

  /** Closed strata of all metrics that can be read. Never throws for trouble of a source: that is part of the answer. */
  async fetch(query: PrometheusQuery): Promise<StrataAnswer> {
    const metrics = query.metrics.filter(({ prometheus }) => prometheus !== undefined);
    if (metrics.length === 0) return { strata: [], trouble: null };
    const transitions = spansOf(await this.dependencies.transitionsOf(query.rolloutId));
    const begin = Math.max(query.fromMs, query.nowMs - LONGEST_BACKLOG_MS, transitions[0]?.fromMs ?? query.nowMs);
    const span: ReadSpan = {
      fromMs: windowStartAt(begin, query.windowMs),
      toMs: windowStartAt(query.nowMs - JUDGE_AFTER_MS - this.delayMs(metrics), query.windowMs),
      nowMs: query.nowMs,
      windowMs: query.windowMs,
    };
    const answers = await Promise.all(
      [...bySource(metrics)].map(([name, ofSource]) => this.ask(name, ofSource, query, span, transitions)),
    );
    return {
      strata: answers.flatMap(({ strata }) => strata),
      trouble: answers.find(({ trouble }) => trouble !== null)?.trouble ?? null,
    };
  }

  private async ask(
    name: string,
    metrics: readonly Metric[],
    query: PrometheusQuery,
    span: ReadSpan,
    transitions: readonly TransitionSpan[],
  ): Promise<StrataAnswer> {
    const [environment = '', flag = ''] = splitId(query.flagId);
    const client = this.dependencies.clients.get(name);
    const allowed = client?.config.environments?.includes(environment) ?? true;
    if (client === undefined || !allowed) {
      const detail = `No Prometheus named '${name}' is configured for environment '${environment}' on this worker.`;
      return { strata: [], trouble: { quality: 'source_down', detail } };
    }
    const names = { flag, environment, control: query.control, candidate: query.candidate };
    const signal = client.deadline();
    try {
      const queries = new Map(metrics.map((metric) => [metric, partQueries(metric, names, query.windowMs)]));
      const read = await readParts(client, [...queries.values()].flat(), span, query.segments, signal);
      const strata = buildStrata({ queries, read, span, transitions, query });
      // What was read stands, even when there is no answer any more to why something is missing.
      const trouble = strata.trouble ?? (await this.doubt(client, queries, read, span, signal).catch(asTrouble));
      return { strata: strata.strata, trouble };
    } catch (error) {
      return { strata: [], trouble: asTrouble(error) };
    }
  }

  /** What is wrong when a metric has nothing new, first found first told. */
  private async doubt(
    client: PrometheusClient,
    queries: ReadonlyMap<Metric, readonly PartQuery[]>,
    read: ReadonlyMap<PartQuery, readonly PartIncrease[]>,
    span: ReadSpan,
    signal: AbortSignal,
  ): Promise<SourceTrouble | null> {
    const freshFromMs = span.toMs - Math.max(FRESH_MS, FRESH_WINDOWS * span.windowMs);
    for (const [metric, [base, ...others]] of queries) {
      if (base === undefined) continue;
      const found = await whyNothing(client, base, read.get(base) ?? [], { nowMs: span.nowMs, freshFromMs }, signal);
      if (found !== null) return { ...found, metric: metric.name };
      for (const part of others) {
        if ((read.get(part) ?? []).length > 0) continue;
        const absent = await whyNoErrors(client, part, span.nowMs, signal);
        if (absent !== null) return { ...absent, metric: metric.name };
      }
    }
    return null;
  }
}

/** @throws whatever is no trouble of a source */
function asTrouble(error: unknown): SourceTrouble {
  if (!(error instanceof HeadgateError) || error.code !== ErrorCode.SourceUnavailable) throw error;
  return { quality: 'source_down', detail: error.message };
}

function bySource(metrics: readonly Metric[]): Map<string, Metric[]> {
  const groups = new Map<string, Metric[]>();
  for (const metric of metrics) {
    const name = metric.prometheus?.source ?? 'default';
    groups.set(name, [...(groups.get(name) ?? []), metric]);
  }
  return groups;
}

/** When each transition was in force; the last one still is. */
function spansOf(transitions: readonly TransitionInstant[]): TransitionSpan[] {
  const ordered = transitions.toSorted((a, b) => a.atMs - b.atMs || a.transition - b.transition);
  return ordered.map(({ transition, atMs }, index) => ({
    transition,
    fromMs: atMs,
    toMs: ordered[index + 1]?.atMs ?? Number.POSITIVE_INFINITY,
  }));
}

function splitId(flagId: string): [string, string] {
  const slash = flagId.indexOf('/');
  return [flagId.slice(0, slash), flagId.slice(slash + 1)];
}
