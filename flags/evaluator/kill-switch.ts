import type { KillSwitch } from '../document/kill-switch';
import type { Resolution, SdkFlag, Served } from './resolution';
import { resolutionMaker } from './variants';

/** What evaluation needs of an environment's kill switch. */
export type SdkKillSwitch = Pick<KillSwitch, 'on' | 'revision'>;

/** Flags are compiled once and kept over many snapshots; what they answer under the switch is kept beside them. */
const answers = new WeakMap<SdkFlag, Resolution>();

/** Not an exposure, and the end of one that stood: what a user does now is not the candidate's doing. */
function undrawn({ key, offVariant }: SdkFlag, { id, transition, observe }: NonNullable<SdkFlag['rollout']>): Served {
  return { flag: key, rollout: id, transition, variant: offVariant ?? '', windowMs: observe.windowMs, drawn: false };
}

/**
 * What a flag answers while its environment's kill switch is on: what it serves when it is off, whatever its rules,
 * rollout or prerequisites.
 */
export function killedResolution(flag: SdkFlag): Resolution {
  const known = answers.get(flag);
  if (known !== undefined) return known;
  const answer = resolutionMaker(flag)(flag.offVariant, 'DISABLED', {
    metadata: { killSwitch: true },
    ...(flag.rollout !== undefined && { served: undrawn(flag, flag.rollout) }),
  });
  answers.set(flag, answer);
  return answer;
}
