import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Flag } from '../../flags/document/flag';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { MetricSource } from '../../metrics/windows';
import { MongoFlagsRepository } from '../../store/flags-repository';
import { createDependencies } from '../../workers/dependencies';
import { createRolloutWorker } from '../../workers/rollout-worker';
import { cachedWorkflowBundle } from '../../workers/workflow-bundle';
import {
  rolloutWorkflowId,
  statusQuery,
  type MessageArguments,
  type MessageName,
  type MessageResult,
  type RolloutInput,
} from '../../workflows/rollout/messages';
import type { RolloutStatus } from '../../workflows/rollout/status';
import { givenDatabase } from './database';
import { givenFlag, givenPlan } from './flag-builders';
import { SyntheticSource } from './synthetic-source';

const silent = { debug: () => undefined };
/** Failures are what many tests are about: only what the SDK itself calls an error is printed. */
let quiet = false;
function installQuietRuntime(): void {
  if (!quiet) Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  quiet = true;
}
export const SIGNING_KEY = 'a key that only the tests know, and long';

type Dependencies = ReturnType<typeof createDependencies>;

/** A short plan for real time: one-second bakes, looks and windows. */
export function givenQuickPlan(change: Partial<RolloutPlan> = {}): RolloutPlan {
  return givenPlan({
    steps: [
      { weight: 10, bakeMs: 1000, approval: false },
      { weight: 50, bakeMs: 1000, approval: false },
    ],
    metrics: [
      {
        name: 'errors',
        role: 'guardrail',
        kind: 'error_rate',
        event: 'request',
        direction: 'lower_is_better',
        margin: { absolute: 0.05, relative: 0 },
      },
    ],
    minimumSample: 50,
    windowMs: 1000,
    look: { shortestMs: 1000, longestMs: 1000 },
    leaseMs: 60_000,
    ...change,
  });
}

/** A worker on a task queue of its own, with the real database and the real Temporal; tests may replace single dependencies. */
export class RolloutHarness {
  private worker: Worker | null = null;
  private running: Promise<void> | null = null;
  readonly source = new SyntheticSource();

  private constructor(
    readonly database: Awaited<ReturnType<typeof givenDatabase>>,
    readonly client: Client,
    private readonly connection: NativeConnection,
    private readonly bundle: { code: string },
    readonly dependencies: Dependencies,
    readonly taskQueue: string,
  ) {}

  /** Opens what a rollout needs. Each harness has its own database, task queue and environment name. */
  static async open(change: Partial<Dependencies> & { source?: MetricSource } = {}): Promise<RolloutHarness> {
    installQuietRuntime();
    const address = process.env['HEADGATE_TEMPORAL_ADDRESS'] ?? '';
    const database = await givenDatabase();
    const client = new Client({ connection: await Connection.connect({ address }) });
    const dependencies = createDependencies(database, database.clock, client, {
      HEADGATE_SIGNING_KEY: SIGNING_KEY,
      HEADGATE_WEBHOOKS: [],
    });
    const bundle = await cachedWorkflowBundle(join(tmpdir(), 'headgate-test-bundles'), silent);
    const connection = await NativeConnection.connect({ address });
    const queue = `test-${randomUUID().slice(0, 8)}`;
    const harness = new RolloutHarness(database, client, connection, bundle, dependencies, queue);
    Object.assign(dependencies, { source: harness.source }, change);
    return harness;
  }

  /** Starts the worker. */
  async work(): Promise<void> {
    this.worker = await createRolloutWorker({
      connection: this.connection,
      namespace: 'default',
      taskQueue: this.taskQueue,
      workflowBundle: this.bundle,
      dependencies: this.dependencies,
      maxCachedWorkflows: 100,
    });
    this.running = this.worker.run();
  }

  /** Stops the worker; rollouts go on when another one works. */
  async rest(): Promise<void> {
    this.worker?.shutdown();
    await this.running;
    this.worker = null;
  }

  /** Creates the flag that plans of the tests roll out, in an environment of its own. */
  async createFlag(environment: string, change: Parameters<typeof givenFlag>[0] = {}): Promise<Flag> {
    const flags = new MongoFlagsRepository(this.database.db);
    const flag = await flags.swap({
      before: null,
      after: givenFlag({ _id: `${environment}/checkout`, environment, ...change }),
      draft: { actor: { kind: 'token', name: 'alice', verified: true }, action: 'flag.create', reason: 'a test' },
    });
    if (flag === null) throw new Error('the flag was there already');
    return flag;
  }

  /** Starts a rollout under the workflow id that production uses, in an environment that no other test has. */
  async start(plan: RolloutPlan, change: Partial<RolloutInput> = {}): Promise<StartedRollout> {
    const rolloutId = `r-${randomUUID().slice(0, 8)}`;
    const input: RolloutInput = {
      rolloutId,
      environment: plan.environment,
      flagKey: plan.flag,
      identity: rolloutId,
      plan,
      salt: randomBytes(8).toString('hex'),
      startedBy: { kind: 'token', name: 'alice', role: 'operator', verified: true },
      startedAt: new Date().toISOString(),
      ...change,
    };
    const handle = await this.client.workflow.start('rolloutWorkflow', {
      workflowId: rolloutWorkflowId(plan.environment, plan.flag),
      taskQueue: this.taskQueue,
      args: [input],
      memo: { rolloutId: input.rolloutId },
    });
    return new StartedRollout(this, handle, input);
  }

  async close(): Promise<void> {
    await this.rest();
    await this.client.connection.close();
    await this.connection.close();
    await this.database.close();
  }
}

/** One rollout under test. */
export class StartedRollout {
  constructor(
    private readonly harness: RolloutHarness,
    readonly handle: WorkflowHandle,
    readonly input: RolloutInput,
  ) {}

  async status(): Promise<RolloutStatus> {
    return this.handle.query(statusQuery);
  }

  /** Polls until the status is as wanted; fails with the last status after a bounded time. */
  async until(wanted: (status: RolloutStatus) => boolean, timeoutMs = 30_000): Promise<RolloutStatus> {
    const giveUpAt = Date.now() + timeoutMs;
    for (;;) {
      const status = await this.status();
      if (wanted(status)) return status;
      if (Date.now() > giveUpAt) throw new Error(`not in time; last: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async send(name: MessageName, args: MessageArguments = {}): Promise<MessageResult> {
    return this.handle.executeUpdate<MessageResult, [MessageArguments]>(name, { args: [args] });
  }

  async result(): Promise<{ outcome: string; summary: string }> {
    return (await this.handle.result()) as { outcome: string; summary: string };
  }

  async flag(): Promise<Flag> {
    const { environment, flagKey } = this.input;
    return (await this.harness.dependencies.flags.get(`${environment}/${flagKey}`)) as Flag;
  }

  /** What was written down: action, transition number, weight. */
  async story(): Promise<string[]> {
    const records = await this.harness.dependencies.decisions.byRollout(this.input.rolloutId);
    return records.map(({ action, transition, weightAfter }) => `${transition} ${action} ${weightAfter}`);
  }

  async chainProblems(): Promise<readonly unknown[]> {
    return (await this.harness.dependencies.decisions.verifyEnvironment(this.input.environment)).problems;
  }
}
