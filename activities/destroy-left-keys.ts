import type { DatabaseClock } from '../store/database-clock';
import type { FlagsRepository } from '../store/flags-repository';
import type { RolloutUsersRepository } from '../store/rollout-users-repository';

/** As long as the windows of ended rollouts are kept, and far longer than any server believes in a rollout. */
const KEEP_TRACES_MS = 90 * 86_400_000;

/**
 * Destroys keys of rollouts that no flag carries any more, whose own tidying never came: their workflow was terminated,
 * or the database was away for longer than it tried. A key is only ever made while the flag carries its rollout, so
 * none is taken from a rollout that is just starting. Then hashes that are left without a key are removed.
 */
export async function destroyLeftKeys({
  flags,
  users,
  clock,
}: {
  readonly flags: Pick<FlagsRepository, 'get'>;
  readonly users: RolloutUsersRepository;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}): Promise<void> {
  for (const { rolloutId, flagId } of await users.liveKeys()) {
    const flag = await flags.get(flagId);
    if (flag?.rollout?.id === rolloutId) continue;
    await users.destroyKey({ rolloutId, flagId });
    await users.removeUsers(rolloutId);
  }
  await users.removeUnkeyed();
  await users.expire(clock.nowMs() - KEEP_TRACES_MS);
}
