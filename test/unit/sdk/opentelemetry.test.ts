import { ErrorCode, InMemoryProvider, OpenFeature, type Client } from '@openfeature/server-sdk';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { EvaluationEventHook, EvaluationMetricsHook } from '../../../sdk/src/opentelemetry';

const spans = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const contexts = new AsyncLocalStorageContextManager();
let client: Client;

beforeAll(async () => {
  context.setGlobalContextManager(contexts.enable());
  trace.setGlobalTracerProvider(tracers);
  const flags = {
    checkout: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
    theme: {
      variants: { red: 'red', blue: 'blue' },
      defaultVariant: 'blue',
      disabled: false,
      contextEvaluator: () => 'red' as const,
    },
  };
  await OpenFeature.setProviderAndWait('telemetry', new InMemoryProvider(flags));
  client = OpenFeature.getClient('telemetry');
});
beforeEach(() => {
  spans.reset();
  client.clearHooks();
});
afterAll(async () => {
  await OpenFeature.close();
  trace.disable();
  context.disable();
});

/** The events of the one span in which something was done. */
async function eventsWithin(work: () => Promise<unknown>): Promise<{ name: string; attributes: unknown }[]> {
  await tracers.getTracer('test').startActiveSpan('request', async (span) => {
    await work();
    span.end();
  });
  return spans.getFinishedSpans().flatMap(({ events }) => events.map(({ name, attributes }) => ({ name, attributes })));
}

describe('the hook for events', () => {
  it('tells of an evaluation in the active span by the names of the conventions', async () => {
    client.addHooks(new EvaluationEventHook({ contextId: () => 'a hash' }));
    const events = await eventsWithin(() => client.getStringValue('theme', 'none', { targetingKey: 'ana' }));
    expect(events).toEqual([
      {
        name: 'feature_flag.evaluation',
        attributes: {
          'feature_flag.key': 'theme',
          'feature_flag.provider.name': 'in-memory',
          'feature_flag.result.variant': 'red',
          'feature_flag.result.reason': 'targeting_match',
          'feature_flag.context.id': 'a hash',
        },
      },
    ]);
  });

  it('tells of errors with their type, and never of the user by itself', async () => {
    client.addHooks(new EvaluationEventHook());
    const [event] = await eventsWithin(() => client.getBooleanValue('lost', true, { targetingKey: 'ana' }));
    expect(event?.attributes).toMatchObject({
      'feature_flag.result.reason': 'error',
      'feature_flag.result.value': true,
      'error.type': ErrorCode.FLAG_NOT_FOUND.toLowerCase(),
    });
    expect(JSON.stringify(event)).not.toContain('ana');
  });

  it('is silent outside of spans, and hands events to a logger where it has one', async () => {
    const records = new InMemoryLogRecordExporter();
    const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] });
    client.addHooks(new EvaluationEventHook(), new EvaluationEventHook({ logger: loggers.getLogger('test') }));
    await client.getBooleanValue('checkout', false);
    expect(spans.getFinishedSpans()).toEqual([]);
    const [record, ...others] = records.getFinishedLogRecords();
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      eventName: 'feature_flag.evaluation',
      attributes: { 'feature_flag.key': 'checkout', 'feature_flag.result.variant': 'on' },
    });
  });

  it('harms no evaluation when what it is given fails', async () => {
    const broken = (): string => {
      throw new Error('no hash today');
    };
    const warn = jest.fn();
    client.setLogger({ warn, error: warn, info: () => undefined, debug: () => undefined });
    client.addHooks(new EvaluationEventHook({ contextId: broken }));
    const values: boolean[] = [];
    await eventsWithin(async () => values.push(await client.getBooleanValue('checkout', false)));
    expect(values).toEqual([true]);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('the hook for metrics', () => {
  it('counts what was asked, what succeeded and what failed', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    client.addHooks(new EvaluationMetricsHook({ meter: meters.getMeter('test') }));
    await client.getBooleanValue('checkout', false);
    await client.getBooleanValue('checkout', false);
    await client.getBooleanValue('lost', false);
    await reader.forceFlush();
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(
          ({ value, attributes }) =>
            `${descriptor.name} ${String(attributes['feature_flag.key'])} ${typeof value === 'number' ? value : NaN}`,
        ),
      );
    await meters.shutdown();
    expect(new Set(points)).toEqual(
      new Set([
        'feature_flag.evaluation_requests_total checkout 2',
        'feature_flag.evaluation_requests_total lost 1',
        'feature_flag.evaluation_success_total checkout 2',
        'feature_flag.evaluation_error_total lost 1',
        'feature_flag.evaluation_active_count checkout 0',
        'feature_flag.evaluation_active_count lost 0',
      ]),
    );
  });
});
