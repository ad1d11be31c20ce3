import { z } from 'zod';
import { parseDuration } from '../../core/duration';
import { messageOf } from '../../core/errors';
import { hasThreeDecimals } from '../document/validate-flag';

/** Divides by 100 without the dust of binary fractions: 0.7 becomes 0.007. */
const hundredth = (percent: number): number => Number((percent / 100).toPrecision(12));

/** A duration with its unit, such as `30s`, `10m` or `1h30m`; longer than nothing, at most 90 days. Parsed to milliseconds. */
export const DurationText = z.string('expected a duration such as 30s, 10m or 1h30m').transform((text, context) => {
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  try {
    const ms = parseDuration(text);
    if (ms < 1) return refuse(`'${text}' is no time at all`);
    return ms > 90 * 86_400_000 ? refuse(`'${text}' is longer than 90 days`) : ms;
  } catch (error) {
    return refuse(`${messageOf(error)}; write a number with a unit, such as 30s, 10m or 1h30m`);
  }
});

/** A share of targeting keys in percent, on a whole bucket: at most three decimals. */
export const Percent = z
  .number()
  .min(0)
  .max(100)
  .refine(hasThreeDecimals, {
    error: ({ input }) => `${String(input)} has more than three decimals; 0.001 % is the smallest share`,
  });

/** A probability, as a number from 0 to 1 or as text in percent, such as `1%`. Parsed to the number. */
export const Probability = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^\d+(\.\d+)?\s*%$/)
      .transform((text) => hundredth(Number.parseFloat(text))),
  ],
  { error: 'expected a number from 0 to 1 or a percentage such as 1%' },
);

/** A quantile, as a number from 0.5 to 0.999 or as text such as `p99` or `p99.9`. Parsed to the number. */
export const QuantileFile = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^p\d{2}(\.\d+)?$/)
        .transform((text) => hundredth(Number.parseFloat(text.slice(1)))),
    ],
    { error: 'expected a quantile such as p99 or 0.99' },
  )
  .pipe(z.number().min(0.5, 'the median, p50, is the lowest quantile').max(0.999, 'p99.9 is the highest quantile'));

const MARGIN_PART = /^(\d+(?:\.\d+)?)\s*(%|pp)$/;

/** `10%` is relative to the control, `0.5pp` are percentage points, and parts add up: `0.5pp + 10%`. */
const MarginText = z.string().transform((text, context) => {
  let absolute = 0;
  let relative = 0;
  let inPoints = false;
  for (const part of text.split('+')) {
    const [, number, unit] = MARGIN_PART.exec(part.trim()) ?? [];
    if (number === undefined) {
      const message = `'${text}' is not a margin; write 10% (of the control), 0.5pp (percentage points) or 0.5pp + 10%`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    if (unit === 'pp') {
      absolute += hundredth(Number(number));
      inPoints = true;
    } else {
      relative += hundredth(Number(number));
    }
  }
  return { absolute, relative, inPoints };
});

/**
 * How much worse is still acceptable at full exposure: a number in the metric's unit, text as `10%`, `0.5pp` or `0.5pp
 * + 10%`, or
 * `{ absolute, relative }` with `relative` as a share of the control. Both parts add up.
 */
export const MarginFile = z.union(
  [
    z
      .number()
      .nonnegative()
      .transform((absolute) => ({ absolute, relative: 0, inPoints: false })),
    MarginText,
    z
      .strictObject({
        /** In the metric's unit. When omitted, 0. */
        absolute: z.number().nonnegative().default(0),
        /** As a share of the control's value: 0.1 is 10 %. When omitted, 0. */
        relative: z.number().nonnegative().default(0),
      })
      .transform((margin) => ({ ...margin, inPoints: false })),
  ],
  { error: 'expected a number that is not negative, text such as 10% or 0.5pp + 10%, or { absolute, relative }' },
);
