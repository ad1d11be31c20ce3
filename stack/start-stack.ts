import { join, resolve } from 'node:path';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { cacheRoot } from './cache';
import { ephemeralDataDir, openDataDir, removeDataDir } from './data-dir';
import { withLock } from './lock';
import type { ManagedComponent } from './managed-component';
import { startMongodb } from './mongodb';
import { runCommand } from './run-command';
import type { Stack, StackOptions } from './stack-types';
import type { StartContext } from './start-context';
import { startTemporal } from './temporal';
import { Watchdog } from './watchdog';
import { reach } from './ways/reachability';

/**
 * Provides Temporal and the database, each by the first way that works, and says so in one line each. What already runs on
 * the data folder is used as it is.
 *
 * @throws {HeadgateError} STACK_UNAVAILABLE when no way works, PORT_IN_USE, TEMPORAL_UNAVAILABLE or
 *   DATABASE_UNAVAILABLE when an address from the environment does not answer, DATABASE_UNSAFE when the database loses
 *   updates; nothing is left running then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { mode, ports = {}, env = process.env } = options;
  const log = options.log ?? ((line: string) => console.error(line));
  const ephemeral = options.dataDir === undefined;
  if (ephemeral && mode === 'detached') {
    throw new HeadgateError(ErrorCode.InvalidArgument, 'a detached stack needs a data folder, or nobody could stop it');
  }
  const dataDir =
    options.dataDir === undefined ? await ephemeralDataDir() : await openDataDir(resolve(options.dataDir));
  const watchdog = mode === 'attached' ? new Watchdog() : undefined;
  if (ephemeral) watchdog?.removeAfterwards(dataDir);
  const context: StartContext = {
    env,
    run: runCommand,
    reach,
    cacheRoot: cacheRoot(env),
    log,
    dataDir,
    ports,
    temporalSettings: options.temporalSettings ?? {},
    watchdog,
  };
  const started: ManagedComponent[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((component) => component.stop()));
    if (ephemeral) await removeDataDir(dataDir);
    watchdog?.release();
  };
  // Two starts on one folder would each find nothing running and start twice.
  return withLock(join(dataDir, 'run', 'start.lock'), async () => {
    // A build of one part can take minutes: that the other part cannot be had is said before it ends.
    const sayAtOnce = (error: unknown): never => {
      log(messageOf(error));
      throw error;
    };
    const [temporal, mongodb] = await Promise.allSettled([
      startTemporal(context).catch(sayAtOnce),
      startMongodb(context).catch(sayAtOnce),
    ]);
    for (const part of [temporal, mongodb]) {
      if (part.status === 'fulfilled' && part.value.process !== undefined) started.push(part.value.process);
    }
    if (temporal.status === 'fulfilled' && mongodb.status === 'fulfilled') {
      return { dataDir, temporal: temporal.value.component, mongodb: mongodb.value.component, stop };
    }
    await stop();
    throw temporal.status === 'rejected' ? temporal.reason : (mongodb as PromiseRejectedResult).reason;
  });
}
