import {
  CauseCode,
  type AttributedCause,
  type AttributedFinding,
  type Attribution,
  type AttributionInput,
  type CauseEvidence,
  type ClearedCause,
} from './attribution';
import { onsetOf } from './onset';
import { minutes, weighChange, type SplitView } from './weigh-changes';
import { weighSeries } from './weigh-series';

/** Decades of evidence from the split count so far and no further. */
const MAX_SPLIT_WEIGHT = 6;
const AFTER_RAISE_WEIGHT = 1;
const GRAPH_WEIGHT = 3;
const LEAST_GRAPH_SCORE = 0.1;
/** Reasons that themselves rest on enough evidence of a difference between the arms. */
const HARM_CODES: readonly string[] = ['GUARDRAIL_HARM', 'SEGMENT_HARM'];
const SHARED_CODES: readonly string[] = ['SHARED_FAULT', 'SHARED_FAULT_AFTER_RAISE'];

/**
 * Ranks what may have caused a narrowing or rollback. First the randomised split: arms that were drawn at random and
 * served at the same time differ only by this rollout. If they differ and the control shows no trouble, everything that
 * meets both arms is cleared. If the control moved too, it is an incident, and other flags, dependencies and machines
 * are weighed by lag, by what they share with this flag, and by Granger prediction; this rollout stays among them only
 * when a raise came within one bake before the onset, since shared resources can carry harm. O(series × windows).
 *
 * @param input - as gathered; series aligned with the windows
 */
export function attributeCauses(input: AttributionInput): Attribution {
  const worst = worstOf(input.findings);
  const split = readSplit(input, worst);
  const weighed = [
    weighRollout(input, split, worst),
    ...input.others.map((change) => weighChange(change, input, split)),
    ...weighSeries(input, split),
    ...weighGraph(input, split),
  ];
  const causes = weightiestOfEach(weighed.filter((each): each is AttributedCause => 'weight' in each));
  const named = new Set(causes.map(({ subject }) => `${subject.kind} ${subject.name}`));
  // Another flag that was written more than once meanwhile is cleared once.
  const cleared = weighed.filter((each): each is ClearedCause => {
    const subject = `${each.subject.kind} ${each.subject.name}`;
    if ('weight' in each || named.has(subject)) return false;
    named.add(subject);
    return true;
  });
  const kind = kindOf(split);
  const metric = worst?.metric ?? null;
  return {
    kind,
    summary: summaryOf(kind, worst === undefined ? null : whatOf(worst), causes, cleared),
    metric,
    onsetAtMs: split.onsetAtMs,
    causes,
    cleared,
  };
}

/** The guardrail with the most evidence against it. */
function worstOf(findings: readonly AttributedFinding[]): AttributedFinding | undefined {
  return [...findings].sort((a, b) => b.harmEvidence - a.harmEvidence || (b.harm ?? 0) - (a.harm ?? 0))[0];
}

function readSplit({ windows, reasonCodes }: AttributionInput, worst: AttributedFinding | undefined): SplitView {
  const control = onsetOf(windows.control, 'above');
  const candidate = onsetOf(windows.candidate, 'above');
  const controlMoved = control !== null || reasonCodes.some((code) => SHARED_CODES.includes(code));
  const first = [control, candidate].flatMap((onset) => (onset === null ? [] : [onset.at]));
  return {
    armsDiffer: (worst?.harmLower ?? 0) > 0 || reasonCodes.some((code) => HARM_CODES.includes(code)),
    controlMoved,
    onsetAtMs: first.length === 0 ? null : windows.fromMs + Math.min(...first) * windows.stepMs,
  };
}

function kindOf({ armsDiffer, controlMoved }: SplitView): Attribution['kind'] {
  if (armsDiffer) return controlMoved ? 'both' : 'rollout';
  return controlMoved ? 'incident' : 'undetermined';
}

function weighRollout(
  input: AttributionInput,
  { armsDiffer, controlMoved, onsetAtMs }: SplitView,
  worst: AttributedFinding | undefined,
): AttributedCause | ClearedCause {
  const subject = { kind: 'rollout', name: input.flag } as const;
  const leadMs = (onsetAtMs ?? input.decidedAtMs) - input.raisedAtMs;
  const followsRaise = leadMs >= -input.windows.stepMs && leadMs <= input.bakeMs;
  const afterRaise: CauseEvidence = {
    code: CauseCode.AfterRaise,
    text: `its weight was raised ${minutes(Math.max(0, leadMs))} before the trouble began`,
    numbers: { leadMs },
  };
  if (armsDiffer && worst !== undefined) {
    const numbers = { harmLower: worst.harmLower ?? 0, harmEvidence: Math.min(worst.harmEvidence, Number.MAX_VALUE) };
    const text = `users drawn at random into the candidate are worse off in ${whatOf(worst)} than those of the control in the same minutes`;
    return {
      subject,
      weight:
        1 +
        Math.min(MAX_SPLIT_WEIGHT, Math.max(0, Math.log10(Math.max(1, worst.harmEvidence)))) +
        (followsRaise ? AFTER_RAISE_WEIGHT : 0),
      strength: 'strong',
      evidence: [{ code: CauseCode.ArmsDiffer, text, numbers }, ...(followsRaise ? [afterRaise] : [])],
    };
  }
  if (followsRaise) return { subject, weight: AFTER_RAISE_WEIGHT, strength: 'weak', evidence: [afterRaise] };
  const text = controlMoved
    ? 'both arms moved alike, and no raise came within a bake before'
    : 'the arms do not differ beyond what chance explains';
  return { subject, evidence: { code: CauseCode.ArmsAlike, text } };
}

/** Where the excess of a measured service graph ends. A graph sees both arms together. */
function weighGraph({ graphCauses = [] }: AttributionInput, split: SplitView): (AttributedCause | ClearedCause)[] {
  return graphCauses
    .filter(({ score }) => score >= LEAST_GRAPH_SCORE)
    .map(({ node, score, onsetLag }) => {
      const subject = { kind: 'dependency', name: node } as const;
      const share = `${Math.round(100 * score)} %`;
      const evidence: CauseEvidence = {
        code: CauseCode.ExcessEndsThere,
        text: `${share} of the excess ends at ${node}: nothing that it calls explains it`,
        numbers: { score, ...(onsetLag === null ? {} : { onsetLag }) },
      };
      if (!split.controlMoved && split.armsDiffer) {
        const text = `${node} shows ${share} of the excess, which both arms would meet alike: it cannot make them differ`;
        return { subject, evidence: { code: CauseCode.MeetsBothArms, text } };
      }
      return { subject, weight: GRAPH_WEIGHT * score, strength: 'moderate', evidence: [evidence] };
    });
}

/** One entry for each subject, that of the most weight, by weight. */
function weightiestOfEach(causes: readonly AttributedCause[]): AttributedCause[] {
  const best = new Map<string, AttributedCause>();
  for (const cause of causes) {
    const key = `${cause.subject.kind} ${cause.subject.name}`;
    if ((best.get(key)?.weight ?? -1) < cause.weight) best.set(key, cause);
  }
  return [...best.values()].sort((a, b) => b.weight - a.weight || (a.subject.name < b.subject.name ? -1 : 1));
}

function summaryOf(
  kind: Attribution['kind'],
  metric: string | null,
  causes: readonly AttributedCause[],
  cleared: readonly ClearedCause[],
): string {
  const what = metric ?? 'the metrics';
  const [first, second] = causes;
  const others = second === undefined ? '' : `; next ${nameOf(second.subject)}`;
  const ruledOut =
    cleared.length === 0
      ? ''
      : ` Cleared: ${cleared
          .slice(0, 5)
          .map(({ subject }) => nameOf(subject))
          .join(', ')}.`;
  if (first === undefined) return `No cause is shown for ${what}.${ruledOut}`;
  switch (kind) {
    case 'rollout':
      return `This rollout: the arms differ in ${what}, and the control shows no trouble of its own.${ruledOut}`;
    case 'both':
      return `The arms differ in ${what}, and the control moved too: this rollout and something that meets both arms. Likeliest: ${nameOf(first.subject)}${others}.${ruledOut}`;
    case 'incident':
      return `An incident: ${what} moved in both arms. Likeliest: ${nameOf(first.subject)} (${first.strength} evidence)${others}.${ruledOut}`;
    case 'undetermined':
      return `Neither a difference of the arms nor an incident is shown. Likeliest: ${nameOf(first.subject)} (${first.strength} evidence)${others}.${ruledOut}`;
  }
}

/** A finding's metric, with the segment it is about. */
function whatOf({ metric, segment }: AttributedFinding): string {
  return segment === undefined ? metric : `${metric} of segment ${segment}`;
}

function nameOf({ kind, name }: { kind: string; name: string }): string {
  return kind === 'rollout' ? 'this rollout' : `${kind} ${name}`;
}
