import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import type { FlagsRepository } from '../../store/flags-repository';
import { connectDatabase } from '../../store/database';
import { DatabaseClock } from '../../store/database-clock';
import { readWorkerConfig } from '../../workers/config';
import { createDependencies } from '../../workers/dependencies';
import { createRolloutWorker } from '../../workers/rollout-worker';
import { watchForStalls } from '../../workers/stall-watch';
import { cachedWorkflowBundle } from '../../workers/workflow-bundle';
import { join } from 'node:path';
import { SyntheticSource } from '../support/synthetic-source';
import type { Arm, Moment, Word } from './moments';

/** How long a moment lasts, so that a kill from outside falls into it. */
const MOMENT_MS = 300;

let armed: Moment | null = null;
process.on('message', ({ arm }: Arm) => {
  armed = arm;
});

const say = (word: Word): void => void process.send?.(word);

/** Stops at an armed moment, once, for as long as the killing takes. */
async function moment(name: Moment, lasts = MOMENT_MS): Promise<void> {
  if (armed !== name) return;
  armed = null;
  say({ reached: name });
  await delay(lasts);
}

/** The real worker; only the instants of its work are announced, and traffic is synthetic. */
async function main(): Promise<void> {
  const config = readWorkerConfig(process.env);
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  const address = config.HEADGATE_TEMPORAL_ADDRESS;
  const database = await connectDatabase({ url: config.HEADGATE_MONGODB_URL, name: config.HEADGATE_MONGODB_DATABASE });
  const clock = await new DatabaseClock(database.db).start();
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const real = createDependencies(database, clock, client, config);
  const flags: FlagsRepository = Object.create(real.flags, {
    swap: {
      value: async (write: Parameters<FlagsRepository['swap']>[0]) => {
        const isTakeBack = write.draft.action === 'rollout.take_back';
        if (isTakeBack) await moment('before-take-back');
        await moment('before-write');
        const during = moment('during-write', 0);
        const written = await real.flags.swap(write);
        await during;
        await moment('after-write');
        if (isTakeBack) await moment('after-take-back');
        return written;
      },
    },
  }) as FlagsRepository;
  const decisions = Object.create(real.decisions, {
    highestTransition: {
      // Asked by the writing activity alone, after it has read the flag.
      value: async (...asked: Parameters<typeof real.decisions.highestTransition>) => {
        await moment('mid-activity');
        return real.decisions.highestTransition(...asked);
      },
    },
  }) as typeof real.decisions;
  const worker = await createRolloutWorker({
    connection,
    namespace: config.HEADGATE_TEMPORAL_NAMESPACE,
    workflowBundle: await cachedWorkflowBundle(join(config.XDG_CACHE_HOME, 'headgate', 'bundles'), {
      debug: () => undefined,
    }),
    dependencies: {
      ...real,
      flags,
      decisions,
      source: new SyntheticSource(),
      groups: Object.create(real.groups, {
        save: {
          // Saved in a local activity, within the task that starts the next member.
          value: async (projection: Parameters<typeof real.groups.save>[0]) => {
            await moment('mid-group');
            return real.groups.save(projection);
          },
        },
      }) as typeof real.groups,
      leases: Object.create(real.leases, {
        renew: {
          // Renewals are local activities: they run within a workflow task.
          value: async (rolloutId: string) => {
            await moment('mid-task');
            return real.leases.renew(rolloutId);
          },
        },
      }) as typeof real.leases,
    },
    maxCachedWorkflows: 100,
  });
  watchForStalls(() => process.exit(75));
  const running = worker.run();
  say({ ready: true });
  await running;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
