import { z } from 'zod';

const Metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/**
 * A flagd definition.
 *
 * @see https://flagd.dev/schema/v0/flags.json
 */
export const FlagdDefinition = z.looseObject({
  flags: z.record(
    z.string(),
    z.looseObject({
      state: z.enum(['ENABLED', 'DISABLED']),
      variants: z.record(z.string(), z.json()),
      defaultVariant: z.string().nullish(),
      targeting: z.json().optional(),
      metadata: Metadata.nullish(),
    }),
  ),
  $evaluators: z.record(z.string(), z.json()).optional(),
  metadata: Metadata.nullish(),
});
export type FlagdDefinition = z.infer<typeof FlagdDefinition>;
export type FlagdFlag = FlagdDefinition['flags'][string];
