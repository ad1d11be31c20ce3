import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import type { RolloutStatus } from './status';

const flag = defineSearchAttributeKey('HeadgateFlag', SearchAttributeType.KEYWORD);
const environment = defineSearchAttributeKey('HeadgateEnvironment', SearchAttributeType.KEYWORD);
const state = defineSearchAttributeKey('HeadgateState', SearchAttributeType.KEYWORD);
const verdict = defineSearchAttributeKey('HeadgateVerdict', SearchAttributeType.KEYWORD);
const waitingFor = defineSearchAttributeKey('HeadgateWaitingFor', SearchAttributeType.KEYWORD);
const weight = defineSearchAttributeKey('HeadgateWeight', SearchAttributeType.DOUBLE);
const step = defineSearchAttributeKey('HeadgateStep', SearchAttributeType.INT);

/** What the Temporal Web UI can filter and sort rollouts by. */
export function searchAttributesOf(status: RolloutStatus): SearchAttributePair[] {
  return [
    { key: flag, value: status.flag },
    { key: environment, value: status.environment },
    { key: state, value: status.phase },
    { key: verdict, value: status.lastLook?.verdict ?? null },
    { key: waitingFor, value: status.waitingFor },
    { key: weight, value: status.weight },
    { key: step, value: Math.max(status.step, 0) },
  ] as SearchAttributePair[];
}
