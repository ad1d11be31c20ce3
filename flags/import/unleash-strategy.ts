import type { Condition } from '../document/condition';
import type { UnleashConstraint } from '../document/foreign-condition';
import { allOf, NoteKind, type ImportResult } from './imported';
import type { UnleashSegment, UnleashStrategy } from './unleash-state';

/** Where a strategy's condition finds what it refers to. */
export interface StrategyParts {
  readonly feature: string;
  /** Where it stands, for notes. */
  readonly item: string;
  readonly segments: ReadonlyMap<string, UnleashSegment>;
  readonly segmentKey: (id: string) => string;
  readonly result: ImportResult;
}

/** Whom a strategy activates: everybody (null), nobody, or those of a condition. */
export type Audience = Condition | null | 'nobody';

const constraintOf = ({
  contextName,
  operator,
  value,
  values,
  inverted,
  caseInsensitive,
}: UnleashConstraint): Condition => ({
  unleash: {
    contextName,
    operator,
    ...(value === undefined ? {} : { value }),
    ...(values === undefined ? {} : { values }),
    ...(inverted === true ? { inverted } : {}),
    ...(caseInsensitive === true ? { caseInsensitive } : {}),
  },
});

/** What Unleash's clients know by themselves, and an evaluation here must be told. */
const KNOWN_THERE: Readonly<Record<string, string>> = {
  currentTime: 'the present',
  appName: 'the name that its client was given',
  environment: 'the environment that its client was given',
};

/**
 * The condition of a list of constraints, all of which must hold.
 *
 * @param item where they stand, for notes
 */
export function constraintsOf(
  constraints: readonly UnleashConstraint[],
  item: string,
  result: ImportResult,
): Condition | null {
  // Dates are compared with the present there, whatever attribute is named.
  const asked = constraints.map((constraint) =>
    constraint.operator.startsWith('DATE_') ? { ...constraint, contextName: 'currentTime' } : constraint,
  );
  for (const name of new Set(asked.map(({ contextName }) => contextName))) {
    const taken = Object.hasOwn(KNOWN_THERE, name) ? KNOWN_THERE[name] : undefined;
    if (taken === undefined) continue;
    const message = `where the context has no '${name}' Unleash takes ${taken}; here it is missing, so give it with each evaluation`;
    result.note(NoteKind.Changed, item, message);
  }
  return allOf(asked.map(constraintOf));
}

/** The condition of one strategy: its own rule, its constraints and its segments. */
export function audienceOf(strategy: UnleashStrategy, parts: StrategyParts): Audience {
  const own = ownAudience(strategy, parts);
  if (own === 'nobody' || strategy.disabled === true) return 'nobody';
  const constrained = constraintsOf(strategy.constraints ?? [], parts.item, parts.result);
  const conditions = constrained === null ? [] : 'all' in constrained ? [...constrained.all] : [constrained];
  for (const id of (strategy.segments ?? []).map(String)) {
    const segment = parts.segments.get(id);
    if (segment === undefined) {
      parts.result.note(NoteKind.Noted, parts.item, `names segment ${id}, which is not there, and so activates nobody`);
      return 'nobody';
    }
    if (segment.constraints.length > 0) conditions.push({ segment: parts.segmentKey(id) });
  }
  return allOf(own === null ? conditions : [...conditions, own]);
}

function ownAudience({ name, parameters }: UnleashStrategy, parts: StrategyParts): Audience {
  const given = parameters ?? {};
  const list = (parameter: string): string[] =>
    (given[parameter] ?? '').split(',').flatMap((text) => (text.trim() === '' ? [] : [text.trim()]));
  switch (name) {
    case 'default':
      return null;
    case 'userWithId':
      return constraintOf({ contextName: 'userId', operator: 'IN', values: list('userIds') });
    case 'remoteAddress':
      return constraintOf({ contextName: 'remoteAddress', operator: 'IN_CIDR', values: list('IPs') });
    case 'gradualRolloutUserId':
      return shareOf(given['percentage'], given['groupId'], ['userId'], parts, 'nobody');
    case 'gradualRolloutSessionId':
      return shareOf(given['percentage'], given['groupId'], ['sessionId'], parts, 'nobody');
    case 'gradualRolloutRandom':
      return shareOf(given['percentage'], given['groupId'], [], parts, null);
    case 'flexibleRollout': {
      const { stickiness = 'default' } = given;
      const attributes = stickinessOf(stickiness, ['userId', 'sessionId']);
      return shareOf(given['rollout'], given['groupId'], attributes, parts, stickiness === 'default' ? null : 'nobody');
    }
    default:
      parts.result.note(
        NoteKind.LeftOut,
        parts.item,
        `strategy '${name}' is not known here, and activates nobody, as in a client without it`,
      );
      return 'nobody';
  }
}

/** Attributes that a stickiness is drawn by; none where each request is drawn anew. */
export function stickinessOf(stickiness: string, usual: readonly string[]): readonly string[] {
  if (stickiness === 'default') return usual;
  return stickiness === 'random' ? [] : [stickiness];
}

/**
 * A share of users in percent, drawn as Unleash draws it.
 *
 * @param keyless - whom a share of everybody reaches among those without any of the attributes
 */
function shareOf(
  percentage: string | undefined,
  group: string | undefined,
  attributes: readonly string[],
  { feature, item, result }: StrategyParts,
  keyless: null | 'nobody',
): Audience {
  const share = Number(percentage ?? Number.NaN);
  if (!(share > 0)) return 'nobody';
  if (share >= 100) {
    if (keyless === null || attributes.length === 0) return null;
    // Everybody who has the attribute.
    const [attribute = ''] = attributes;
    return bucketOf(group ?? feature, [attribute], 100);
  }
  if (attributes.length === 0) {
    const message = `${share} % of requests at random cannot be expressed, since an evaluation here depends on its context alone; they are drawn by user instead`;
    result.note(NoteKind.Changed, item, message);
    return bucketOf(group ?? feature, ['userId', 'sessionId'], share);
  }
  if (keyless === null) {
    const message = `of requests without ${attributes.join(' or ')} Unleash draws ${share} % at random; here they are not reached`;
    result.note(NoteKind.Changed, item, message);
  }
  return bucketOf(group ?? feature, attributes, share);
}

function bucketOf(seed: string, attributes: readonly string[], share: number): Condition {
  return { bucket: { hash: 'unleash', seed, attributes: [...attributes], size: 100, ranges: [[0, share]] } };
}
