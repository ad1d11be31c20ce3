import type { Reason } from '../flags/document/decision-record';
import type { DecisionDraft } from './decision-draft';

/** Bounds of `DecisionRecord`; a record beyond them could be written but never read again. */
const MAX_EVIDENCE = 40;
const MAX_NOT_APPLIED = 20;

/**
 * Cuts a draft to what a record may hold: long texts end early, the first reasons stay, infinite evidence becomes the largest
 * number and what is no number goes. A transition must land whatever its evidence looks like.
 */
export function fitDraft(draft: DecisionDraft): DecisionDraft {
  const { actor, reason, evidence, notApplied } = draft;
  return {
    ...draft,
    actor: { ...actor, name: actor.name.slice(0, 200) },
    reason: reason.slice(0, 1000),
    ...(evidence === undefined ? {} : { evidence: evidence.slice(0, MAX_EVIDENCE).map(fitReason) }),
    ...(notApplied === undefined ? {} : { notApplied: notApplied.slice(-MAX_NOT_APPLIED) }),
  };
}

function fitReason({ code, text, metric, segment, numbers }: Reason): Reason {
  return {
    code: code.slice(0, 60),
    text: text.slice(0, 500),
    ...(metric === undefined ? {} : { metric: metric.slice(0, 100) }),
    ...(segment === undefined ? {} : { segment: segment.slice(0, 100) }),
    ...(numbers === undefined ? {} : { numbers: fitNumbers(numbers) }),
  };
}

function fitNumbers(numbers: Readonly<Record<string, number>>): Record<string, number> {
  const known = Object.entries(numbers).filter(([, value]) => !Number.isNaN(value));
  return Object.fromEntries(
    known.map(([name, value]) => [name, Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))]),
  );
}
