'use strict';

// Healthy is a worker that Temporal has lately seen asking for work: a living process that asks no more is of no use.
// Run inside the worker's container: a worker's identity ends in the name of its host.
const { hostname } = require('node:os');
const { Client, Connection } = require('@temporalio/client');

const TASK_QUEUE = 'rollouts';
const WORKFLOW_TASKS = 1;
/** A poll may be held open for a minute. */
const SEEN_WITHIN_MS = 90_000;
const DEADLINE_MS = 8000;

async function main() {
  const address = process.env.HEADGATE_TEMPORAL_ADDRESS;
  const namespace = process.env.HEADGATE_TEMPORAL_NAMESPACE || 'default';
  const connection = await Connection.connect({ address, connectTimeout: DEADLINE_MS });
  try {
    const client = new Client({ connection, namespace });
    const request = { namespace, taskQueue: { name: TASK_QUEUE }, taskQueueType: WORKFLOW_TASKS };
    const { pollers } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflowService.describeTaskQueue(request),
    );
    const oldest = Date.now() - SEEN_WITHIN_MS;
    const seen = pollers.filter(
      ({ identity, lastAccessTime }) =>
        identity.endsWith(`@${hostname()}`) && Number(lastAccessTime.seconds) * 1000 > oldest,
    );
    if (seen.length === 0) throw new Error(`no worker of ${hostname()} polls '${TASK_QUEUE}'`);
  } finally {
    await connection.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
