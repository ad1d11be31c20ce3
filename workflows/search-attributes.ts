import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/**
 * What the Temporal Web UI can filter and sort Headgate's workflows by; each workflow sets those that it has something
 * to say of.
 */
export const SearchAttribute = {
  Flag: defineSearchAttributeKey('HeadgateFlag', SearchAttributeType.KEYWORD),
  Environment: defineSearchAttributeKey('HeadgateEnvironment', SearchAttributeType.KEYWORD),
  State: defineSearchAttributeKey('HeadgateState', SearchAttributeType.KEYWORD),
  Verdict: defineSearchAttributeKey('HeadgateVerdict', SearchAttributeType.KEYWORD),
  WaitingFor: defineSearchAttributeKey('HeadgateWaitingFor', SearchAttributeType.KEYWORD),
  Weight: defineSearchAttributeKey('HeadgateWeight', SearchAttributeType.DOUBLE),
  Step: defineSearchAttributeKey('HeadgateStep', SearchAttributeType.INT),
  Owner: defineSearchAttributeKey('HeadgateOwner', SearchAttributeType.KEYWORD),
} as const;
