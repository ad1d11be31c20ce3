/** The search attributes of Headgate's workflows with their Temporal types; the Web UI filters and sorts by them. */
export const SEARCH_ATTRIBUTES = {
  HeadgateFlag: 'Keyword',
  HeadgateEnvironment: 'Keyword',
  HeadgateState: 'Keyword',
  HeadgateVerdict: 'Keyword',
  HeadgateWaitingFor: 'Keyword',
  HeadgateWeight: 'Double',
  HeadgateStep: 'Int',
  HeadgateRisk: 'Double',
  HeadgateOwner: 'Keyword',
} as const;
