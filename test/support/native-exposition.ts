import { parse } from 'protobufjs';

/** The part of Prometheus' own exposition format that native histograms need; the text format cannot carry them. */
const { root } = parse(`
  syntax = "proto2";
  message LabelPair { optional string name = 1; optional string value = 2; }
  message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
  message Histogram {
    optional uint64 sample_count = 1; optional double sample_sum = 2; optional sint32 schema = 5;
    optional double zero_threshold = 6; optional uint64 zero_count = 7;
    repeated BucketSpan positive_span = 12; repeated sint64 positive_delta = 13 [packed = false];
  }
  message Metric { repeated LabelPair label = 1; optional Histogram histogram = 7; }
  message MetricFamily { optional string name = 1; optional string help = 2; optional int32 type = 3; repeated Metric metric = 4; }
`);
const MetricFamily = root.lookupType('MetricFamily');
const HISTOGRAM = 4;

/** The content type that Prometheus asks for when native histograms are switched on. */
export const NATIVE_CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

/** Observed values of one series. */
export interface NativeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** One native histogram of positive values, as a service exposes it: bucket i of schema s is (2^((i-1)/2^s), 2^(i/2^s)]. */
export function exposeNative(name: string, schema: number, series: readonly NativeSeries[]): Buffer {
  const metric = series.map(({ labels, values }) => {
    const counts = new Map<number, number>();
    for (const value of values) {
      const index = Math.ceil(Math.log2(value) * 2 ** schema);
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const indexes = [...counts.keys()].sort((a, b) => a - b);
    const inOrder = indexes.map((index) => counts.get(index) ?? 0);
    return {
      label: Object.entries(labels).map(([label, value]) => ({ name: label, value })),
      histogram: {
        sampleCount: values.length,
        sampleSum: values.reduce((sum, value) => sum + value, 0),
        schema,
        zeroThreshold: 1e-9,
        zeroCount: 0,
        // One span for each bucket: the offset counts from the end of the span before.
        positiveSpan: indexes.map((index, at) => ({
          offset: at === 0 ? index : index - (indexes[at - 1] ?? 0) - 1,
          length: 1,
        })),
        positiveDelta: inOrder.map((count, at) => count - (inOrder[at - 1] ?? 0)),
      },
    };
  });
  const message = MetricFamily.fromObject({ name, help: 'a native histogram', type: HISTOGRAM, metric });
  return Buffer.from(MetricFamily.encodeDelimited(message).finish());
}
