import { randomBytes } from 'node:crypto';
import { timerInputOf, type PlannedChange, type ScheduledChange } from '../../store/scheduled-changes-repository';
import { SCHEDULED_CHANGE_WORKFLOW, scheduledChangeStart } from '../../workflows/scheduled/messages';
import type { RolloutHarness } from './rollout-harness';

/** Keeps a change of the harness's flag that is due in so many milliseconds, as the server does, and starts no workflow. */
export async function keepChange(
  { database }: RolloutHarness,
  environment: string,
  inMs: number,
  change: PlannedChange,
  overrides: Partial<ScheduledChange> = {},
): Promise<ScheduledChange> {
  const now = new Date().toISOString();
  const tokenId = randomBytes(6).toString('hex');
  const token = { _id: tokenId, hash: tokenId, name: 'alice', role: 'operator', createdBy: 'test', createdAt: now };
  await database.db.collection<{ _id: string }>('tokens').insertOne(token);
  const scheduled: ScheduledChange = {
    _id: randomBytes(6).toString('hex'),
    environment,
    flagKey: 'checkout',
    change,
    reason: 'a test',
    dueAt: new Date(Date.now() + inMs).toISOString(),
    expiresAfterMs: 86_400_000,
    askedBy: { tokenId, actor: { kind: 'token', name: 'alice', role: 'operator', verified: true } },
    askedAt: now,
    status: 'scheduled',
    isTimed: true,
    outcome: null,
    ...overrides,
  };
  await database.db.collection<ScheduledChange>('scheduled_changes').insertOne(scheduled);
  return scheduled;
}

/** Keeps a change and starts its workflow. */
export async function scheduleUnder(harness: RolloutHarness, environment: string, inMs: number, change: PlannedChange) {
  const scheduled = await keepChange(harness, environment, inMs, change);
  const start = scheduledChangeStart(timerInputOf(scheduled), harness.taskQueue);
  const handle = await harness.client.workflow.start(SCHEDULED_CHANGE_WORKFLOW, start);
  return { handle, result: () => handle.result() };
}
