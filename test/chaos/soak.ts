import { setTimeout as delay } from 'node:timers/promises';
import type { FlagView, RolloutView, TimelineLine } from '../../demo/api';
import type { MessageResult } from '../../workflows/rollout/messages';
import type { ChaosStand, Freezable } from './chaos-stand';
import { VICTIMS, type Victim } from './moments';
import { PLAN, verifyChains } from './trial';
import { waitFor } from './wait-for';

/** Where the rollouts of a soak live. */
const ENVIRONMENT = 'soak';
/** Longest wait for a message to be answered, or for the flag to show it, while parts die all the time. */
const PATIENCE_MS = 120_000;
/** Longest time that a process stands still; longer than the time-outs of looks and writes. */
const LONGEST_FREEZE_MS = 12_000;

/** How a soak goes. */
export interface SoakOptions {
  readonly seconds: number;
  /** Flags with a live rollout at the same time. */
  readonly rollouts: number;
  /** From 0 to below 1, seeded: what happens, to which part and when. */
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** What a soak did and found. */
export interface SoakResult {
  readonly rollouts: number;
  readonly messages: number;
  readonly blows: Readonly<Record<string, number>>;
  /** From asking to the flag showing it, for each message, in milliseconds, in ascending order. */
  readonly effectMs: readonly number[];
  /** What was lost, doubled, out of order or wrong; empty when all is well. */
  readonly problems: readonly string[];
}

/** One message of a rollout's life, and the record that it must lead to; pause and resume write no flag. */
interface Step {
  readonly message: 'promote' | 'setWeight' | 'pause' | 'resume' | 'abort';
  readonly body?: Readonly<Record<string, unknown>>;
  readonly record?: string;
  readonly weight: number;
}

/**
 * A life at random: up and down by people's messages, paused in between, and ended by an abort or by everybody being
 * served. Promotions set findings aside, as traffic is synthetic and rounds the exposures of small weights.
 */
function liveAtRandom(random: () => number): Step[] {
  const steps: Step[] = [];
  let weight = 10;
  const set = (to: number): void => {
    const action = to > weight ? 'raise' : 'lower';
    steps.push({ message: 'setWeight', body: { weight: to }, record: `rollout.${action} ${to}`, weight: to });
    weight = to;
  };
  const length = 1 + Math.floor(random() * 4);
  for (let index = 0; index < length; index += 1) {
    const drawn = random();
    if (drawn < 0.3) set(weight + 1 + Math.floor(random() * 20));
    else if (drawn < 0.6) set(Math.max(1, weight - 1 - Math.floor(random() * 8)));
    else if (drawn < 0.8) {
      steps.push({ message: 'pause', weight }, { message: 'resume', weight });
    } else {
      weight = [10, 50].find((step) => step > weight) ?? 50;
      if (steps.at(-1)?.weight === weight) continue;
      steps.push({ message: 'promote', body: { force: true }, record: `rollout.raise ${weight}`, weight });
    }
    if (weight >= 50) break;
  }
  const completes = random() < 0.5;
  steps.push(
    completes
      ? { message: 'promote', body: { full: true, force: true }, record: 'rollout.complete 100', weight: 100 }
      : { message: 'abort', record: 'rollout.abort 0', weight: 0 },
  );
  return steps;
}

/** Lets rollouts live through messages while parts are killed, two at once at times, or stand still, until the time is over. */
export async function runSoak(stand: ChaosStand, options: SoakOptions): Promise<SoakResult> {
  const { random, log } = options;
  const until = Date.now() + options.seconds * 1000;
  const isOver = (): boolean => Date.now() > until;
  const problems: string[] = [];
  const effectMs: number[] = [];
  let lives = 0;
  let messages = 0;

  const live = async (key: string): Promise<void> => {
    const steps = liveAtRandom(random);
    const rollout = new SoakedRollout(stand, key);
    const told = ['rollout.start 10'];
    await rollout.start();
    for (const [index, step] of steps.entries()) {
      await delay(random() * 1500);
      messages += 1;
      const took = await rollout.send(step, `${key}-${index}`);
      if (took === null) problems.push(`${key}: ${step.message} to ${step.weight} % had no effect in time`);
      else effectMs.push(took);
      if (step.record !== undefined) told.push(step.record);
    }
    lives += 1;
    const wrong = await rollout.inspect(told);
    problems.push(...wrong.map((problem) => `${key}: ${problem}`));
    for (const problem of wrong) log(`${key}: ${problem}`);
  };
  const actor = async (number: number): Promise<void> => {
    for (let life = 0; !isOver(); life += 1) await live(`soak-${number}-${life}`);
  };
  const striker = new Striker(stand, random, log);
  const actors = Array.from({ length: options.rollouts }, (_, number) => actor(number));
  await Promise.all([...actors, striker.strikeUntil(isOver)]);
  const chains = await verifyChains(stand, ENVIRONMENT);
  problems.push(...chains.problems.map((problem) => `chain: ${JSON.stringify(problem)}`));
  return { rollouts: lives, messages, blows: striker.blows, effectMs: effectMs.toSorted((a, b) => a - b), problems };
}

/** Kills and freezes. */
class Striker {
  readonly blows: Record<string, number> = {};

  constructor(
    private readonly stand: ChaosStand,
    private readonly random: () => number,
    private readonly log: (line: string) => void,
  ) {}

  async strikeUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await delay(500 + this.random() * 5000);
      await this.strike();
    }
  }

  private async strike(): Promise<void> {
    const drawn = this.random();
    const first = this.pick(VICTIMS);
    if (drawn < 0.65) return this.kill(first);
    if (drawn < 0.85) {
      const second = this.pick(VICTIMS.filter((victim) => victim !== first));
      await Promise.all([this.kill(first), this.kill(second)]);
      return;
    }
    const frozen = this.pick<Freezable>(['worker', 'server']);
    this.count(`${frozen} frozen`);
    await this.stand.freeze(frozen, 1000 + this.random() * (LONGEST_FREEZE_MS - 1000));
  }

  private async kill(victim: Victim): Promise<void> {
    this.count(`${victim} killed`);
    const killedAt = Date.now();
    await this.stand.killAndRestart(victim);
    this.log(`${victim} accepts work again after ${Date.now() - killedAt} ms`);
  }

  private count(blow: string): void {
    this.blows[blow] = (this.blows[blow] ?? 0) + 1;
    this.log(`${new Date().toISOString()} ${blow}`);
  }

  private pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }
}

/** One rollout of a flag of its own. */
class SoakedRollout {
  private readonly flagPath: string;
  private readonly rolloutPath: string;

  constructor(
    private readonly stand: ChaosStand,
    private readonly key: string,
  ) {
    this.flagPath = `/v1/environments/${ENVIRONMENT}/flags/${key}`;
    this.rolloutPath = `/v1/environments/${ENVIRONMENT}/rollouts/${key}`;
  }

  async start(): Promise<void> {
    const { key } = this;
    const flag = { key, type: 'boolean', variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off' };
    await this.call('PUT', this.flagPath, flag);
    await this.call('POST', `/v1/environments/${ENVIRONMENT}/rollouts`, { plan: { flag: key, ...PLAN } });
    const status = (): Promise<RolloutView> => this.call('GET', this.rolloutPath);
    await waitFor(status, ({ phase, weight }) => phase === 'progressing' && weight === 10, PATIENCE_MS);
  }

  /**
   * Sends a message under one id until it is answered, and waits for its effect; how long that took in milliseconds,
   * null for no effect in time.
   */
  async send({ message, body, weight }: Step, id: string): Promise<number | null> {
    const askedAt = Date.now();
    const path = `${this.rolloutPath}/messages/${message}`;
    const answer = await this.call<MessageResult | { queued: true }>('POST', path, { id, reason: 'a soak', ...body });
    if ('accepted' in answer && !answer.accepted) return null;
    const wanted = (seen: number | null): boolean => seen === weight;
    return wanted(await waitFor(() => this.served(), wanted, PATIENCE_MS)) ? Date.now() - askedAt : null;
  }

  /** Reads flag and records back, and compares them to the letter. */
  async inspect(expected: readonly string[]): Promise<string[]> {
    const problems: string[] = [];
    const status = (): Promise<RolloutView> => this.call('GET', this.rolloutPath);
    const phase = expected.at(-1) === 'rollout.abort 0' ? 'aborted' : 'completed';
    const end = await waitFor(status, (view) => view.phase === phase, PATIENCE_MS);
    if (end.phase !== phase) problems.push(`it is ${end.phase}, not ${phase}`);
    const flag = await this.call<FlagView>('GET', this.flagPath);
    if (flag.rollout !== undefined) problems.push('the flag still carries the rollout');
    if (flag.defaultVariant !== (phase === 'aborted' ? 'off' : 'on')) problems.push(`serves ${flag.defaultVariant}`);
    const story = await this.call<TimelineLine[]>('GET', `${this.rolloutPath}/timeline`);
    const told = story.map(({ transition, action, weight }) => `${transition} ${action} ${weight}`);
    const numbered = expected.map((record, index) => `${index + 1} ${record}`);
    if (told.join() !== numbered.join()) problems.push(`records: ${told.join(', ')}; expected: ${numbered.join(', ')}`);
    return problems;
  }

  private async served(): Promise<number | null> {
    const flag = await this.call<FlagView & { rollout?: { weight: number } }>('GET', this.flagPath);
    return flag.rollout?.weight ?? (flag.defaultVariant === 'on' ? 100 : 0);
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.stand.api.call<T>(method, path, body);
      } catch (error) {
        if (Date.now() > giveUpAt) throw error;
      }
    }
  }
}
