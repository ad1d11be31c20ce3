import { z } from 'zod';
import { Condition } from './condition';
import { EnvironmentName, SegmentKey } from './identifiers';

/** A reusable audience within one environment. Segments may refer to others; cycles are refused on write. */
export const Segment = z.strictObject({
  environment: EnvironmentName,
  key: SegmentKey,
  description: z.string().max(1000).optional(),
  if: Condition,
  /** Raised by one on every write. */
  revision: z.int().nonnegative(),
});
export type Segment = z.infer<typeof Segment>;
