import type { KillSwitchesRepository } from '../store/kill-switches-repository';
import type { Killed } from '../workflows/rollout/state';

/** The environment's kill switch as a rollout sees it; null while it is off. */
export async function readKilled(
  killSwitches: Pick<KillSwitchesRepository, 'get'>,
  environment: string,
): Promise<Killed | null> {
  const { on, lastChange } = await killSwitches.get(environment);
  if (!on || lastChange === null) return null;
  const { at, actor, reason } = lastChange;
  return { sinceMs: Date.parse(at), text: `${actor.name}: ${reason.slice(0, 200)}` };
}
