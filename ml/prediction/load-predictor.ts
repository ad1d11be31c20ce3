import { z } from 'zod';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { Predictor } from './predictor';
import type { PredictorJson } from './predictor-json';

const share = z.number().min(0).max(1);
const text = z.string();
const numbers = z.array(z.number());
const trees = z.object({ features: text, bins: text, missing: text, values: text, low: z.number(), step: z.number() });
const levels = z.object({ levels: z.array(text), mayBeMissing: z.array(z.int().min(0)) });

const Model = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['forest', 'extra']), trees }),
  z.object({ kind: z.literal('boosting'), start: z.number(), trees }),
  z.object({ kind: z.literal('logistic'), logistic: z.object({ levels, coefficients: numbers }) }),
  z.object({ kind: z.literal('network'), network: z.object({ levels, hidden: z.int().min(1), weights: numbers }) }),
  z.object({ kind: z.literal('single'), single: z.object({ feature: z.int().min(0), odds: text }) }),
  z.object({
    kind: z.literal('team'),
    forest: z.object({ medians: numbers, trees: z.int().min(1), model: z.unknown() }),
  }),
]);

const Calibration = z.object({
  method: z.enum(['platt', 'isotonic', 'none']),
  platt: z.object({ slope: z.number(), intercept: z.number() }).optional(),
  isotonic: z.object({ at: numbers, value: numbers }).optional(),
  fittedOn: z.enum(['latest', 'out_of_fold', 'nothing']),
  rows: z.int().min(0),
  decline: z.number().optional(),
});

const indexes = z.array(z.int().min(0));
const Ratio = z.object({ over: indexes, under: indexes, plus: z.number() });

const InputSketch = z.object({ values: numbers, counts: z.array(z.int().min(1)), missing: z.int().min(0) });

const Support = z.object({
  low: z.number().nullable(),
  high: z.number().nullable(),
  typical: z.number().nullable(),
  mayBeMissing: z.boolean(),
});

const File = z
  .object({
    format: z.literal('headgate-predictor'),
    version: z.literal(1),
    kind: z.enum(['forest', 'boosting', 'logistic', 'network', 'team', 'auto', 'prior']),
    seed: z.number(),
    features: z.array(text),
    support: z.array(Support),
    ratios: z.array(Ratio).optional(),
    cuts: z.array(text),
    members: z.array(
      z.object({ weight: z.number().positive(), within: z.number().positive().optional(), model: Model }),
    ),
    offset: z.number(),
    calibration: Calibration,
    prior: share,
    trust: share,
    ranks: z.array(share),
    trainedOn: z.object({
      rows: z.int().min(0),
      failures: z.int().min(0),
      from: z.number().nullable(),
      to: z.number().nullable(),
    }),
    inputs: z.array(InputSketch).optional(),
  })
  .refine(({ features, support }) => features.length === support.length, 'features and support differ in length')
  .refine(
    ({ features, ratios = [], cuts, members }) =>
      members.length === 0 || features.length + ratios.length === cuts.length,
    'features and cuts differ in length',
  )
  .refine(({ features, inputs }) => inputs === undefined || inputs.length === features.length, 'inputs are incomplete')
  .refine(
    ({ features, ratios = [] }) =>
      ratios.every(({ over, under }) => [...over, ...under].every((feature) => feature < features.length)),
    'a ratio names a feature that is not there',
  ) satisfies z.ZodType<PredictorJson>;

/** The first of what is wrong, and how much more there is: a file of another kind is wrong in everything. */
function issuesOf({ issues }: z.ZodError): string {
  const [first] = issues;
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : '';
  return `${first?.path.join('.') || 'the file'}: ${first?.message ?? 'is not understood'}${more}`;
}

/**
 * Reads a predictor from parsed JSON, a file of `model train` or an artefact of the registry.
 *
 * @param json - anything
 * @throws {HeadgateError} INVALID_ARGUMENT when it is no predictor, or a damaged one
 */
export function loadPredictor(json: unknown): Predictor {
  const checked = File.safeParse(json);
  if (!checked.success) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `this is no model of Headgate: ${issuesOf(checked.error)}`, {
      remedy: 'Train one with headgate model train.',
    });
  }
  try {
    return new Predictor(checked.data);
  } catch (error) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `the model is damaged: ${messageOf(error)}`, { cause: error });
  }
}
