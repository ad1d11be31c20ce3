import { z } from 'zod';

/** Numbers come as text, since JSON has no NaN and no infinities. */
const SampleValue = z.string().transform((text) => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)));
const Seconds = z.number();

/** One bucket of a native histogram: which of its bounds belong to it (0 upper, 1 lower, 2 neither, 3 both), bounds, count. */
const NativeBucket = z.tuple([z.int().min(0).max(3), SampleBound(), SampleBound(), SampleValue]);
export type NativeBucket = z.infer<typeof NativeBucket>;

function SampleBound() {
  return z
    .string()
    .transform((text) =>
      text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text),
    );
}

const NativeHistogram = z.object({ count: SampleValue, sum: SampleValue, buckets: z.array(NativeBucket).default([]) });
/** A native histogram as the API shows it. */
export type NativeHistogram = z.infer<typeof NativeHistogram>;

const MatrixSeries = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([Seconds, SampleValue])).default([]),
  histograms: z.array(z.tuple([Seconds, NativeHistogram])).default([]),
});
/** One series with its samples in time order: plain numbers, native histograms, or both after a change of the service. */
export type MatrixSeries = z.infer<typeof MatrixSeries>;

const Data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('matrix'), result: z.array(MatrixSeries) }),
  z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([Seconds, SampleValue]).optional(),
        histogram: z.tuple([Seconds, NativeHistogram]).optional(),
      }),
    ),
  }),
]);

/** An answer of Prometheus' query API. `warnings` say that it is partial; `infos` do not. */
export const ApiAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: Data, warnings: z.array(z.string()).default([]) }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);
export type ApiAnswer = z.infer<typeof ApiAnswer>;
