import { z } from 'zod';
import { UnleashConstraint } from '../document/foreign-condition';
import { readEach } from './readable';

const Constraint = UnleashConstraint.extend({ value: z.coerce.string().optional() }).loose();

const Variant = z.looseObject({
  name: z.string(),
  weight: z.number().nonnegative().default(0),
  stickiness: z.string().optional(),
  payload: z.looseObject({ type: z.string(), value: z.coerce.string() }).nullish(),
  overrides: z.array(z.looseObject({ contextName: z.string(), values: z.array(z.string()) })).nullish(),
});
export type UnleashVariant = z.infer<typeof Variant>;

const Strategy = z.looseObject({
  name: z.string(),
  parameters: z.record(z.string(), z.coerce.string()).nullish(),
  constraints: z.array(Constraint).nullish(),
  segments: z.array(z.union([z.number(), z.string()])).nullish(),
  variants: z.array(Variant).nullish(),
  disabled: z.boolean().nullish(),
});
export type UnleashStrategy = z.infer<typeof Strategy>;

const Feature = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  enabled: z.boolean(),
  strategies: z.array(Strategy).nullish(),
  variants: z.array(Variant).nullish(),
  dependencies: z
    .array(
      z.looseObject({
        feature: z.string(),
        enabled: z.boolean().optional(),
        variants: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
  impressionData: z.boolean().nullish(),
});
export type UnleashFeature = z.infer<typeof Feature>;

const SegmentState = z.looseObject({
  id: z.union([z.number(), z.string()]),
  name: z.string().optional(),
  constraints: z.array(Constraint),
});
export type UnleashSegment = z.infer<typeof SegmentState>;

/** What Unleash's clients are sent: all features and segments. */
const Whole = z
  .looseObject({ features: z.array(z.unknown()), segments: z.array(SegmentState).nullish() })
  .transform(({ features, ...rest }) => {
    const named = features.map((feature, index) => [nameOf(feature) ?? `[${index}]`, feature] as const);
    const { read, unreadable } = readEach(Feature, Object.fromEntries(named));
    return { ...rest, features: Object.values(read), unreadable };
  });

function nameOf(feature: unknown): string | undefined {
  const name: unknown = typeof feature === 'object' && feature !== null ? Reflect.get(feature, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** The same as a series of events, as the delta API sends it. */
const Delta = z.looseObject({
  events: z.array(
    z.union([
      z.looseObject({
        type: z.literal('hydration'),
        features: z.array(Feature),
        segments: z.array(SegmentState).nullish(),
      }),
      z.looseObject({ type: z.literal('feature-updated'), feature: Feature }),
      z.looseObject({ type: z.literal('feature-removed'), featureName: z.string() }),
      z.looseObject({ type: z.literal('segment-updated'), segment: SegmentState }),
      z.looseObject({ type: z.literal('segment-removed'), segmentId: z.union([z.number(), z.string()]) }),
    ]),
  ),
});

/** Either form of Unleash's state. */
export const UnleashState = z.union([Whole, Delta]);
export type UnleashState = z.infer<typeof UnleashState>;

/** Features by name and segments by id, whichever form they came in. */
export function settled(state: UnleashState): {
  readonly features: ReadonlyMap<string, UnleashFeature>;
  readonly segments: ReadonlyMap<string, UnleashSegment>;
  readonly unreadable: Readonly<Record<string, string>>;
} {
  const features = new Map<string, UnleashFeature>();
  const segments = new Map<string, UnleashSegment>();
  const take = (whole: Pick<z.infer<typeof Whole>, 'features' | 'segments'>): void => {
    for (const feature of whole.features) features.set(feature.name, feature);
    for (const segment of whole.segments ?? []) segments.set(String(segment.id), segment);
  };
  if (!('events' in state)) take(state);
  for (const event of 'events' in state ? state.events : []) {
    if (event.type === 'hydration') {
      features.clear();
      segments.clear();
      take(event);
    } else if (event.type === 'feature-updated') features.set(event.feature.name, event.feature);
    else if (event.type === 'feature-removed') features.delete(event.featureName);
    else if (event.type === 'segment-updated') segments.set(String(event.segment.id), event.segment);
    else segments.delete(String(event.segmentId));
  }
  return { features, segments, unreadable: 'events' in state ? {} : state.unreadable };
}
