import { randomUUID } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { givenFlagBody, givenServer, type ServerOptions, type ServerUnderTest } from './server-under-test';
import { givenWorker, type WorkerSettings } from './worker-under-test';

/** A server with a worker of its own, and an operator who calls it. */
export class OperatedServer {
  private constructor(
    readonly server: ServerUnderTest,
    /** Text of the operator's token. */
    readonly operator: string,
    private readonly taskQueue: string,
    private stopWorker: () => Promise<void>,
  ) {}

  /**
   * @param name - for the task queue, which nobody else has
   * @param worker - a change of the worker's configuration
   */
  static async open(
    name: string,
    options: ServerOptions = {},
    worker: Partial<WorkerSettings> = {},
  ): Promise<OperatedServer> {
    const taskQueue = `${name}-${randomUUID().slice(0, 8)}`;
    const server = await givenServer({ ...options, taskQueue });
    const operator = await server.token('operator');
    return new OperatedServer(server, operator, taskQueue, await givenWorker(server.config, taskQueue, worker));
  }

  /** Stops the worker; what it did not get done goes on when another one works. */
  async rest(): Promise<void> {
    await this.stopWorker();
    this.stopWorker = () => Promise.resolve();
  }

  /** Starts another worker after a rest. */
  async work(): Promise<void> {
    this.stopWorker = await givenWorker(this.server.config, this.taskQueue);
  }

  get(url: string): Promise<LightMyRequestResponse> {
    return this.server.call('GET', url, { as: this.operator });
  }

  post(url: string, body: Record<string, unknown>): Promise<LightMyRequestResponse> {
    return this.server.call('POST', url, { as: this.operator, body });
  }

  /** Creates a boolean flag under the path of its environment. */
  async createFlag(environmentPath: string, key: string, change: Record<string, unknown> = {}): Promise<void> {
    const body = givenFlagBody(change);
    const created = await this.server.call('PUT', `${environmentPath}/flags/${key}`, { as: this.operator, body });
    if (created.statusCode !== 201) throw new Error(`flag '${key}' was not created: ${created.body}`);
  }

  async close(): Promise<void> {
    await this.stopWorker();
    await this.server.close();
  }
}

/** Path of an environment that no other test has. */
export function newEnvironmentPath(): string {
  return `/v1/environments/e-${randomUUID().slice(0, 8)}`;
}
