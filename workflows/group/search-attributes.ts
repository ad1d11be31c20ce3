import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import type { GroupStatus } from './status';

const flagKey = defineSearchAttributeKey('HeadgateFlag', SearchAttributeType.KEYWORD);
const environmentKey = defineSearchAttributeKey('HeadgateEnvironment', SearchAttributeType.KEYWORD);
const stateKey = defineSearchAttributeKey('HeadgateState', SearchAttributeType.KEYWORD);
const waitingForKey = defineSearchAttributeKey('HeadgateWaitingFor', SearchAttributeType.KEYWORD);
const ownerKey = defineSearchAttributeKey('HeadgateOwner', SearchAttributeType.KEYWORD);

/** What the Temporal Web UI can filter and sort groups by. */
export function groupAttributesOf({ environment, phase, waitingFor }: GroupStatus): SearchAttributePair[] {
  return [
    { key: environmentKey, value: environment },
    { key: stateKey, value: phase },
    { key: waitingForKey, value: waitingFor },
  ] as SearchAttributePair[];
}

/** What a member's rollout begins with, as one that the server starts. */
export function memberAttributesOf(
  environment: string,
  flag: string,
  owner: string | undefined,
): SearchAttributePair[] {
  return [
    { key: flagKey, value: flag },
    { key: environmentKey, value: environment },
    { key: stateKey, value: 'assessing' },
    ...(owner === undefined ? [] : [{ key: ownerKey, value: owner }]),
  ];
}
