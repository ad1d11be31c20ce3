import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Milliseconds to seconds in steps that tell an answer from memory, from the database, and a slow one apart. */
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROLLOUT = ['environment', 'flag'] as const;

/**
 * What a server tells Prometheus. Labels are environments, flags, routes and closed sets: never a user, a token or free
 * text, so their number is bounded by what is configured.
 */
export class ServerMetrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  readonly requests = new Counter({
    name: 'headgate_http_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: this.registers,
  });
  readonly requestSeconds = new Histogram({
    name: 'headgate_http_request_duration_seconds',
    help: 'Time to answer a request, by route.',
    labelNames: ['method', 'route'] as const,
    buckets: SECONDS,
    registers: this.registers,
  });
  readonly ingestBatches = new Counter({
    name: 'headgate_ingest_batches_total',
    help: 'Batches of events, by what became of them: accepted, duplicate, or the code of the refusal.',
    labelNames: ['environment', 'result'] as const,
    registers: this.registers,
  });
  readonly ingestEvents = new Counter({
    name: 'headgate_ingest_events_total',
    help: 'Events of acknowledged batches: accepted, repeated (counted before), or ignored (of no live rollout).',
    labelNames: ['environment', 'result'] as const,
    registers: this.registers,
  });
  readonly ingestSeconds = new Histogram({
    name: 'headgate_ingest_flush_seconds',
    help: 'Time from taking a batch until it is durable.',
    buckets: SECONDS,
    registers: this.registers,
  });
  readonly ingestOpen = new Gauge({
    name: 'headgate_ingest_open_batches',
    help: 'Batches taken and not yet durable.',
    registers: this.registers,
  });
  readonly foldFailures = new Counter({
    name: 'headgate_ingest_fold_failures_total',
    help: 'Times that acknowledged events could not be added to their windows; it is tried again.',
    registers: this.registers,
  });
  readonly polls = new Counter({
    name: 'headgate_sdk_polls_total',
    help: 'Polls of SDKs: snapshot when one was sent, not_modified, or failed.',
    labelNames: ['result'] as const,
    registers: this.registers,
  });
  readonly databaseUp = new Gauge({
    name: 'headgate_database_up',
    help: '1 while the database answers this server, else 0.',
    registers: this.registers,
  });
  readonly temporalUp = new Gauge({
    name: 'headgate_temporal_up',
    help: '1 while Temporal answers this server, else 0.',
    registers: this.registers,
  });
  readonly rolloutWeight = this.ofRollouts('headgate_rollout_weight_percent', 'Percent that a live rollout serves.');
  readonly rolloutPhase = this.ofRollouts('headgate_rollout_phase', '1 for the phase of a live rollout.', 'phase');
  readonly rolloutWaiting = this.ofRollouts(
    'headgate_rollout_waiting',
    '1 for what a live rollout waits for before it raises: bake, data, approval, blackout, operator.',
    'waiting_for',
  );
  readonly rolloutVerdict = this.ofRollouts(
    'headgate_rollout_verdict',
    '1 for the verdict of the last look.',
    'verdict',
  );
  readonly rolloutDataQuality = this.ofRollouts(
    'headgate_rollout_data_quality',
    '1 for the quality of the data at the last look.',
    'quality',
  );
  readonly rolloutTension = this.ofRollouts(
    'headgate_rollout_tension',
    'How near the evidence is to a rollback: 0 calm, 1 at its edge.',
  );
  readonly rolloutRisk = this.ofRollouts('headgate_rollout_risk_score', 'Risk score of the last look, 0 to 100.');
  readonly rolloutRiskThreshold = this.ofRollouts(
    'headgate_rollout_risk_threshold',
    "Risk scores at which the rollout's plan acts: narrow and rollback.",
    'threshold',
  );
  readonly rolloutConfidence = this.ofRollouts(
    'headgate_rollout_confidence',
    '1 less the failure probability, as of the last look.',
  );
  readonly rolloutHarmEvidence = this.ofRollouts(
    'headgate_rollout_harm_evidence',
    'Combined evidence (e-value) for harm; rolls back at 1 / falseRollbackRate.',
  );
  readonly rolloutLookAge = this.ofRollouts('headgate_rollout_look_age_seconds', 'Time since the last look.');
  readonly rolloutLongestLook = this.ofRollouts(
    'headgate_rollout_longest_look_seconds',
    "The longest interval between looks that the rollout's plan allows.",
  );
  readonly rolloutExcluded = this.ofRollouts('headgate_rollout_excluded_segments', 'Segments that are excluded.');
  readonly rolloutsLive = new Gauge({
    name: 'headgate_rollouts_live',
    help: 'Live rollouts of an environment, all of them.',
    labelNames: ['environment'] as const,
    registers: this.registers,
  });

  readonly experimentsLive = new Gauge({
    name: 'headgate_experiments_live',
    help: 'Live experiments of an environment, all of them.',
    labelNames: ['environment'] as const,
    registers: this.registers,
  });
  readonly experimentPhase = this.ofRollouts(
    'headgate_experiment_phase',
    '1 for the phase of a live experiment.',
    'phase',
  );
  readonly experimentArmWeight = this.ofRollouts(
    'headgate_experiment_arm_weight_percent',
    'Percent of eligible keys in an arm of a live experiment, the control among them.',
    'variant',
  );
  readonly experimentUnits = this.ofRollouts(
    'headgate_experiment_units',
    'Units of an arm that the last look has judged, of the metric with the most of them.',
    'variant',
  );
  readonly experimentVerdict = this.ofRollouts(
    'headgate_experiment_verdict',
    '1 for what the last look says of a metric of a treatment beside the control: better, worse or inconclusive.',
    'variant',
    'metric',
    'verdict',
  );
  readonly experimentHarmEvidence = this.ofRollouts(
    'headgate_experiment_harm_evidence',
    'Combined evidence (e-value) for harm of a treatment over its guardrails.',
    'variant',
  );
  readonly experimentTension = this.ofRollouts(
    'headgate_experiment_tension',
    'How near guardrails are to stopping the experiment: 0 calm, 1 at its edge.',
  );
  readonly experimentLookAge = this.ofRollouts('headgate_experiment_look_age_seconds', 'Time since the last look.');

  readonly modelDrifted = new Gauge({
    name: 'headgate_model_drifted',
    help: '1 while the deciding failure model has drifted, else 0: inputs (asked of other changes than it learned from) or calibration.',
    labelNames: ['drift'] as const,
    registers: this.registers,
  });
  readonly modelFeaturesDrifted = new Gauge({
    name: 'headgate_model_features_drifted',
    help: 'Features of the deciding failure model that have drifted.',
    registers: this.registers,
  });
  readonly modelChangesWatched = new Gauge({
    name: 'headgate_model_changes_watched',
    help: 'Changes since the training of the deciding failure model that its inputs are compared on.',
    registers: this.registers,
  });

  /** Counts one answered request. */
  answered(method: string, route: string, status: number, seconds: number): void {
    this.requests.inc({ method, route, status });
    this.requestSeconds.observe({ method, route }, seconds);
    if (route !== '/v1/sdk/snapshot') return;
    this.polls.inc({ result: status === 200 ? 'snapshot' : status === 304 ? 'not_modified' : 'failed' });
  }

  /** Adds what every Node process tells of itself; once in a process. */
  collectProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }

  private ofRollouts<Label extends string = never>(
    name: string,
    help: string,
    ...labels: Label[]
  ): Gauge<(typeof ROLLOUT)[number] | Label> {
    const labelNames = [...ROLLOUT, ...labels];
    return new Gauge({ name, help, labelNames, registers: this.registers });
  }
}
