import { z } from 'zod';
import { readEach } from './readable';

const Metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const Flag = z.looseObject({
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: z.record(z.string(), z.json()),
  defaultVariant: z.string().nullish(),
  targeting: z.json().optional(),
  metadata: Metadata.nullish(),
});
export type FlagdFlag = z.infer<typeof Flag>;

/**
 * A flagd definition; flags that are none stand apart.
 *
 * @see https://flagd.dev/schema/v0/flags.json
 */
export const FlagdDefinition = z
  .looseObject({
    flags: z.record(z.string(), z.unknown()),
    $evaluators: z.record(z.string(), z.json()).nullish(),
    metadata: Metadata.nullish(),
  })
  .transform(({ flags, ...rest }) => {
    const { read, unreadable } = readEach(Flag, flags);
    return { ...rest, flags: read, unreadable };
  });
export type FlagdDefinition = z.infer<typeof FlagdDefinition>;
