import type { SearchAttributePair } from '@temporalio/common';
import { SearchAttribute } from '../search-attributes';
import type { GroupStatus } from './status';

/** What the Temporal Web UI can filter and sort groups by. */
export function groupAttributesOf({ environment, phase, waitingFor }: GroupStatus): SearchAttributePair[] {
  return [
    { key: SearchAttribute.Environment, value: environment },
    { key: SearchAttribute.State, value: phase },
    { key: SearchAttribute.WaitingFor, value: waitingFor },
  ] as SearchAttributePair[];
}

/** What a member's rollout begins with, as one that the server starts. */
export function memberAttributesOf(
  environment: string,
  flag: string,
  owner: string | undefined,
): SearchAttributePair[] {
  return [
    { key: SearchAttribute.Flag, value: flag },
    { key: SearchAttribute.Environment, value: environment },
    { key: SearchAttribute.State, value: 'assessing' },
    ...(owner === undefined ? [] : [{ key: SearchAttribute.Owner, value: owner }]),
  ];
}
