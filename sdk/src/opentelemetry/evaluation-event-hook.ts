import type { EvaluationDetails, FlagValue, Hook, HookContext } from '@openfeature/server-sdk';
import { trace } from '@opentelemetry/api';
import { evaluationAttributes, EVALUATION_EVENT, type Attributes, type ContextOptions } from './evaluation-attributes';

/**
 * What is needed of OpenTelemetry's `Logger`. The service passes one of whichever version of `@opentelemetry/api-logs`
 * it has, since that package still changes its number with every release.
 */
export interface EventLogger {
  emit(record: { readonly eventName: string; readonly attributes: Attributes }): void;
}

/** How {@link EvaluationEventHook} tells of evaluations. */
export interface EvaluationEventHookOptions extends ContextOptions {
  /**
   * Takes events, as the conventions have it. Left out, they become span events of the active span, and outside of one
   * there are none.
   */
  readonly logger?: EventLogger;
}

/**
 * OpenFeature hook that tells OpenTelemetry of each evaluation by an event `feature_flag.evaluation`. The event belongs
 * to the span in which the flag was evaluated. A failing exporter or `contextId` never reaches the evaluation.
 */
export class EvaluationEventHook implements Hook {
  readonly #options: EvaluationEventHookOptions;

  constructor(options: EvaluationEventHookOptions = {}) {
    this.#options = options;
  }

  /** Tells of an evaluation that is done, whether it succeeded or not. */
  finally(hookContext: Readonly<HookContext>, details: EvaluationDetails<FlagValue>): void {
    const { logger } = this.#options;
    const span = logger === undefined ? trace.getActiveSpan() : undefined;
    // Attributes cost more than an evaluation; a span that is not sampled needs none.
    if (logger === undefined && span?.isRecording() !== true) return;
    try {
      const attributes = evaluationAttributes(hookContext, details, this.#options);
      if (logger === undefined) span?.addEvent(EVALUATION_EVENT, attributes);
      else logger.emit({ eventName: EVALUATION_EVENT, attributes });
    } catch (error) {
      hookContext.logger.warn('headgate: an evaluation could not be told to OpenTelemetry', error);
    }
  }
}
