import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LATE_SECONDS = [0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * What a worker tells Prometheus. Labels are environments, flags and closed sets, so their number is bounded by what is
 * configured.
 */
export class WorkerMetrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  readonly activities = new Counter({
    name: 'headgate_activities_total',
    help: 'Activities run, by name and whether they succeeded.',
    labelNames: ['activity', 'result'] as const,
    registers: this.registers,
  });
  readonly lookSeconds = new Histogram({
    name: 'headgate_look_duration_seconds',
    help: 'Time of one look: reading windows, judging, and seeing how the flag stands.',
    buckets: SECONDS,
    registers: this.registers,
  });
  readonly lookLateness = new Histogram({
    name: 'headgate_look_lateness_seconds',
    help: "How much more than the plan's longest interval lay between two looks of a rollout on this worker.",
    buckets: LATE_SECONDS,
    registers: this.registers,
  });
  readonly looks = new Counter({
    name: 'headgate_looks_total',
    help: 'Looks, by verdict and by the quality of their data.',
    labelNames: ['environment', 'flag', 'verdict', 'quality'] as const,
    registers: this.registers,
  });
  readonly transitions = new Counter({
    name: 'headgate_transitions_total',
    help: 'Numbered writes of flags, by action and result.',
    labelNames: ['environment', 'flag', 'action', 'result'] as const,
    registers: this.registers,
  });
  readonly transitionSeconds = new Histogram({
    name: 'headgate_transition_duration_seconds',
    help: 'Time of one numbered write of a flag.',
    buckets: SECONDS,
    registers: this.registers,
  });
  readonly leases = new Counter({
    name: 'headgate_lease_renewals_total',
    help: 'Renewals of leases: renewed, lapsed or missing.',
    labelNames: ['result'] as const,
    registers: this.registers,
  });
  readonly notifications = new Counter({
    name: 'headgate_notifications_total',
    help: 'Notifications by event and whether they were delivered.',
    labelNames: ['event', 'result'] as const,
    registers: this.registers,
  });

  /** Adds what every Node process tells of itself; once in a process. */
  collectProcess(): this {
    collectDefaultMetrics({ register: this.registry });
    return this;
  }
}
