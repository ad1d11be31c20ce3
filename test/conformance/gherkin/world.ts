import {
  OpenFeature,
  ProviderStatus,
  type Client,
  type EvaluationContext,
  type EvaluationDetails,
  type FlagValue,
  type Hook,
} from '@openfeature/server-sdk';
import type { SdkFlag } from '../../../flags/evaluator/resolution';
import { HeadgateProvider } from '../../../sdk/src';
import { SdkServer } from '../../support/sdk-server';

/** Longest that a provider may take to come to the state that a scenario asks for. */
const STATE_TIMEOUT_MS = 10_000;
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** The type that a scenario asks a flag for. */
export type AskedType = 'boolean' | 'string' | 'integer' | 'float' | 'object';

/** What a hook of a scenario was told. */
export interface HookCall {
  readonly stage: 'before' | 'after' | 'error' | 'finally';
  readonly details?: EvaluationDetails<FlagValue> | undefined;
}

/** One scenario: Headgate's provider on a server of its own, a client, and what has been evaluated. */
export class World {
  readonly server = new SdkServer();
  readonly domain: string;
  readonly client: Client;
  readonly hookCalls: HookCall[] = [];
  readonly contexts: Record<string, EvaluationContext> = {};
  provider: HeadgateProvider | undefined;
  asked: { key: string; type: AskedType; otherwise: FlagValue } = { key: '', type: 'boolean', otherwise: false };
  details: EvaluationDetails<FlagValue> | undefined;
  /** The context as it reached the provider. */
  merged: EvaluationContext = {};
  hooks: Hook[] = [];
  levels: string[] = [];
  /** @param number - of the scenario, so that each has a provider of its own */
  constructor(number: number, flags: readonly SdkFlag[]) {
    this.domain = `scenario-${number}`;
    this.client = OpenFeature.getClient(this.domain);
    this.server.flags = [...flags];
  }

  /** Opens the provider; with another server behaviour it does not become ready. */
  async open(state: string): Promise<void> {
    await this.close();
    await this.server.start();
    if (state === 'error') this.server.snapshotStatus = 500;
    if (state === 'not ready') this.server.delayMs = 60_000;
    this.provider = new HeadgateProvider({
      url: this.server.url,
      token: 'secret',
      pollIntervalMs: 250,
      requestTimeoutMs: 2_000,
      initializeTimeoutMs: state === 'error' ? 500 : state === 'not ready' ? 2_000 : STATE_TIMEOUT_MS,
      closeTimeoutMs: 100,
      streaming: false,
      logger: silent,
    });
    const opened = OpenFeature.setProviderAndWait(this.domain, this.provider).catch(() => undefined);
    if (state === 'not ready') return;
    await opened;
    if (state === 'stale') {
      await this.server.stop();
      await this.until(() => this.client.providerStatus === ProviderStatus.STALE);
    }
  }

  /** Evaluates what was asked for, as the scenario's type. */
  async evaluate(): Promise<void> {
    const { key, type, otherwise } = this.asked;
    const context = this.contexts['Invocation'] ?? {};
    const options = { hooks: this.hooks };
    switch (type) {
      case 'boolean':
        this.details = await this.client.getBooleanDetails(key, otherwise as boolean, context, options);
        break;
      case 'string':
        this.details = await this.client.getStringDetails(key, otherwise as string, context, options);
        break;
      case 'integer':
      case 'float':
        this.details = await this.client.getNumberDetails(key, otherwise as number, context, options);
        break;
      case 'object':
        this.details = await this.client.getObjectDetails(key, otherwise as object as never, context, options);
        break;
    }
  }

  /** A hook that notes what it is told. */
  notingHook(): Hook {
    const note = (stage: HookCall['stage'], details?: EvaluationDetails<FlagValue>): void =>
      void this.hookCalls.push({ stage, details });
    return {
      before: () => note('before'),
      after: (_, details) => note('after', details),
      error: () => note('error'),
      finally: (_, details) => note('finally', details),
    };
  }

  async close(): Promise<void> {
    this.server.delayMs = 0;
    await this.provider?.onClose();
    await this.server.stop();
    this.client.clearHooks();
    this.client.setContext({});
    OpenFeature.setContext({});
  }

  private async until(holds: () => boolean): Promise<void> {
    const giveUpAt = Date.now() + STATE_TIMEOUT_MS;
    while (!holds()) {
      if (Date.now() > giveUpAt) throw new Error('the provider did not come to the state asked for');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
