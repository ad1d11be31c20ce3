import type { SearchAttributePair } from '@temporalio/common';
import { SearchAttribute } from '../search-attributes';
import type { RolloutStatus } from './status';

/** What the Temporal Web UI can filter and sort rollouts by. */
export function searchAttributesOf(status: RolloutStatus): SearchAttributePair[] {
  return [
    { key: SearchAttribute.Flag, value: status.flag },
    { key: SearchAttribute.Environment, value: status.environment },
    { key: SearchAttribute.State, value: status.phase },
    { key: SearchAttribute.Verdict, value: status.lastLook?.verdict ?? null },
    { key: SearchAttribute.WaitingFor, value: status.waitingFor },
    { key: SearchAttribute.Weight, value: status.weight },
    { key: SearchAttribute.Step, value: Math.max(status.step, 0) },
  ] as SearchAttributePair[];
}
