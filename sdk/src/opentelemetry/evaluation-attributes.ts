import type { EvaluationContext, EvaluationDetails, FlagValue, HookContext } from '@openfeature/server-sdk';

/** Values that OpenTelemetry takes as those of attributes here. */
export type Attributes = Record<string, string | number | boolean>;

/** Says which users a trace may name. */
export interface ContextOptions {
  /**
   * Gives `feature_flag.context.id` of an evaluation, such as a hash of the targeting key. Left out, evaluations carry
   * none: a targeting key often is a person, and telemetry is read and kept by others than the service's own data.
   */
  readonly contextId?: (context: EvaluationContext) => string | undefined;
}

/** Name of the event by which an evaluation is told. */
export const EVALUATION_EVENT = 'feature_flag.evaluation';

/** Names of OpenTelemetry's semantic conventions for feature flags. */
export const FeatureFlagAttribute = {
  Key: 'feature_flag.key',
  ProviderName: 'feature_flag.provider.name',
  Variant: 'feature_flag.result.variant',
  Value: 'feature_flag.result.value',
  Reason: 'feature_flag.result.reason',
  SetId: 'feature_flag.set.id',
  Version: 'feature_flag.version',
  ContextId: 'feature_flag.context.id',
  ErrorType: 'error.type',
  ErrorMessage: 'feature_flag.error.message',
} as const;

/** What a live rollout adds, under a name of its own, since the conventions have no words for it. */
const ROLLOUT_ATTRIBUTES = {
  rolloutId: 'headgate.rollout.id',
  transition: 'headgate.rollout.transition',
  weight: 'headgate.rollout.weight',
} as const;

/**
 * The attributes of one evaluation. Reasons and error codes are OpenFeature's, in lower case as the conventions have
 * them. The value is told only where there is no variant, since it may be large or secret.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
 */
export function evaluationAttributes(
  { flagKey, providerMetadata, context }: Readonly<HookContext>,
  details: EvaluationDetails<FlagValue>,
  { contextId }: ContextOptions,
): Attributes {
  const { variant, value, reason = 'UNKNOWN', errorCode, errorMessage, flagMetadata } = details;
  const attributes: Attributes = {
    ...identityAttributes(flagKey, providerMetadata.name),
    [FeatureFlagAttribute.Reason]: reason.toLowerCase(),
  };
  if (variant !== undefined) attributes[FeatureFlagAttribute.Variant] = variant;
  else if (value !== null) {
    attributes[FeatureFlagAttribute.Value] = typeof value === 'object' ? JSON.stringify(value) : value;
  }
  const { flagSetId, version } = flagMetadata;
  if (flagSetId !== undefined) attributes[FeatureFlagAttribute.SetId] = String(flagSetId);
  if (version !== undefined) attributes[FeatureFlagAttribute.Version] = String(version);
  for (const [name, attribute] of Object.entries(ROLLOUT_ATTRIBUTES)) {
    const member = flagMetadata[name];
    if (member !== undefined) attributes[attribute] = member;
  }
  const id = contextId?.(context);
  if (id !== undefined) attributes[FeatureFlagAttribute.ContextId] = id;
  if (reason === 'ERROR' || errorCode !== undefined) {
    attributes[FeatureFlagAttribute.ErrorType] = errorTypeOf(errorCode);
    if (errorMessage !== undefined) attributes[FeatureFlagAttribute.ErrorMessage] = errorMessage;
  }
  return attributes;
}

/** Flag and provider: what each of the metrics is told by. */
export function identityAttributes(flagKey: string, providerName: string): Attributes {
  return { [FeatureFlagAttribute.Key]: flagKey, [FeatureFlagAttribute.ProviderName]: providerName };
}

/** `error.type` of an OpenFeature error code; `general` without one. */
export function errorTypeOf(code: unknown): string {
  return typeof code === 'string' && code !== '' ? code.toLowerCase() : 'general';
}
