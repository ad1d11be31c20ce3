import type { EvaluationDetails, FlagValue, Hook, HookContext } from '@openfeature/server-sdk';
import { metrics, ValueType, type Counter, type Meter, type UpDownCounter } from '@opentelemetry/api';
import { errorTypeOf, FeatureFlagAttribute, identityAttributes, type Attributes } from './evaluation-attributes';

/** Where {@link EvaluationMetricsHook} counts. */
export interface EvaluationMetricsHookOptions {
  /** Left out, that of the global meter provider; it must then be set before the hook is made. */
  readonly meter?: Meter;
}

/**
 * OpenFeature hook that counts evaluations. The conventions name no metrics of flags; these are the names that
 * OpenFeature's hooks use in all languages. Attributes are few by nature (flag, provider, variant, reason, error type):
 * never a user, a message or a value.
 */
export class EvaluationMetricsHook implements Hook {
  readonly #active: UpDownCounter;
  readonly #requests: Counter;
  readonly #successes: Counter;
  readonly #errors: Counter;

  constructor({ meter = metrics.getMeter('headgate') }: EvaluationMetricsHookOptions = {}) {
    const counter = (name: string, description: string): Counter =>
      meter.createCounter(name, { description, unit: '{evaluation}', valueType: ValueType.INT });
    this.#requests = counter('feature_flag.evaluation_requests_total', 'Evaluations that were asked for');
    this.#successes = counter('feature_flag.evaluation_success_total', 'Evaluations that gave a value of the flag');
    this.#errors = counter(
      'feature_flag.evaluation_error_total',
      "Evaluations that gave the caller's default for an error",
    );
    this.#active = meter.createUpDownCounter('feature_flag.evaluation_active_count', {
      description: 'Evaluations under way',
      unit: '{evaluation}',
      valueType: ValueType.INT,
    });
  }

  before(hookContext: Readonly<Pick<HookContext, 'flagKey' | 'providerMetadata'>>): void {
    const identity = identityOf(hookContext);
    this.#active.add(1, identity);
    this.#requests.add(1, identity);
  }

  /** Counts how the evaluation ended; an error is one whoever found it, provider, client or another hook. */
  finally(hookContext: Readonly<HookContext>, details: EvaluationDetails<FlagValue>): void {
    const identity = identityOf(hookContext);
    const { variant, reason = 'UNKNOWN', errorCode } = details;
    this.#active.add(-1, identity);
    if (reason === 'ERROR' || errorCode !== undefined) {
      this.#errors.add(1, { ...identity, [FeatureFlagAttribute.ErrorType]: errorTypeOf(errorCode) });
      return;
    }
    this.#successes.add(1, {
      ...identity,
      [FeatureFlagAttribute.Reason]: reason.toLowerCase(),
      ...(variant !== undefined && { [FeatureFlagAttribute.Variant]: variant }),
    });
  }
}

function identityOf({
  flagKey,
  providerMetadata,
}: Readonly<Pick<HookContext, 'flagKey' | 'providerMetadata'>>): Attributes {
  return identityAttributes(flagKey, providerMetadata.name);
}
