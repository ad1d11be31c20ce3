import type { DecisionRecord } from '../flags/document/decision-record';

/** A record before it has a place in the chain. */
export type DecisionDraft = Omit<
  DecisionRecord,
  '_id' | 'flagId' | 'revision' | 'changes' | 'previousHash' | 'hash' | 'at'
> & { readonly at?: string };
