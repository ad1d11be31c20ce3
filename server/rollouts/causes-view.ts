import { z } from 'zod';
import type { StoredAttribution } from '../../store/attributions-repository';

const subject = z.object({ kind: z.enum(['rollout', 'flag', 'dependency', 'infrastructure']), name: z.string() });
const evidence = z.object({
  code: z.string(),
  text: z.string(),
  numbers: z.record(z.string(), z.number()).optional(),
});

/** What is thought to have caused a lowering, likeliest first, and what was cleared. */
export const Causes = z.object({
  /** When it was looked for. */
  at: z.string(),
  kind: z.enum(['rollout', 'incident', 'both', 'undetermined']),
  summary: z.string(),
  metric: z.string().nullable(),
  /** When the trouble is seen to have begun. */
  onsetAt: z.string().nullable(),
  causes: z.array(
    z.object({
      subject,
      /** Ranks, and is no probability. */
      weight: z.number(),
      strength: z.enum(['strong', 'moderate', 'weak']),
      evidence: z.array(evidence),
    }),
  ),
  cleared: z.array(z.object({ subject, evidence })),
  /** What could not be asked. */
  missing: z.array(z.string()),
});

/** A stored attribution as the API shows it. */
export function causesOf({
  at,
  attribution: { kind, summary, metric, onsetAtMs, causes, cleared },
  missing,
}: Pick<StoredAttribution, 'at' | 'attribution' | 'missing'>) {
  return {
    at,
    kind,
    summary,
    metric,
    onsetAt: onsetAtMs === null ? null : new Date(onsetAtMs).toISOString(),
    causes: [...causes],
    cleared: [...cleared],
    missing: [...missing],
  };
}
