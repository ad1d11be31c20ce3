import type { FlagDefinition, Serve } from '../document/flag';
import { NotExpressible, NoteKind } from '../import/imported';
import { ExportNotes, withoutSegments, type Exported, type ExportSource, type SourceFlag } from './exported';
import { logicOf, type Logic } from './flagd-logic';

/** A flag definition file as flagd reads it. */
export interface FlagdFile {
  readonly $schema: string;
  readonly flags: Readonly<Record<string, FlagdFlagOut>>;
  readonly $evaluators?: Readonly<Record<string, Logic>>;
}

interface FlagdFlagOut {
  readonly state: 'ENABLED' | 'DISABLED';
  readonly variants: FlagDefinition['variants'];
  /** Null for the caller's own default. */
  readonly defaultVariant: string | null;
  readonly targeting?: Logic;
  readonly metadata?: NonNullable<FlagDefinition['metadata']>;
}

/** flagd hands metadata out as Headgate does. */
const KEPT: ReadonlySet<keyof FlagDefinition> = new Set(['metadata']);

/**
 * A flagd definition of flags and segments. Rules become one `if` chain in their order; segments that are used become
 * `$evaluators`. A split keeps its shares and is drawn anew by flagd's own buckets.
 *
 * @see https://flagd.dev/reference/flag-definitions/
 */
export function exportFlagd({ flags, segments }: ExportSource): Exported<FlagdFile> {
  const notes = new ExportNotes();
  const conditions = new Map(segments.map((segment) => [segment.key, segment.if]));
  const evaluators: Record<string, Logic> = {};
  const reference = (key: string): Logic => {
    // Written out in full, since flagd puts evaluators into flags and not into each other.
    evaluators[key] ??= logicOf(
      withoutSegments({ segment: key }, (name) => conditions.get(name)),
      () => null,
      (message) => notes.note(NoteKind.Changed, `segments.${key}`, message),
    );
    return { $ref: key };
  };
  for (const { key } of segments) {
    try {
      reference(key);
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      notes.note(NoteKind.LeftOut, `segments.${key}`, error.message);
    }
  }
  const made = notes.each(flags, (flag, item) => flagOf(flag, item, reference, notes));
  return {
    document: {
      $schema: 'https://flagd.dev/schema/v0/flags.json',
      flags: Object.fromEntries(made),
      ...(Object.keys(evaluators).length > 0 ? { $evaluators: evaluators } : {}),
    },
    notes: notes.notes,
  };
}

function flagOf(flag: SourceFlag, item: string, reference: (key: string) => Logic, notes: ExportNotes): FlagdFlagOut {
  if (flag.prerequisites.length > 0) {
    const keys = flag.prerequisites.map((prerequisite) => `'${prerequisite.flag}'`);
    throw new NotExpressible(`it has ${keys.join(', ')} as a prerequisite, and no flag depends on another in flagd`);
  }
  const list = Object.entries(flag.variants).find(([, value]) => Array.isArray(value));
  if (list !== undefined) throw new NotExpressible(`variant '${list[0]}' is a list, and flagd takes objects alone`);
  const branches = flag.rules.flatMap((rule): Logic[] => [
    logicOf(rule.if, reference, (message) => notes.note(NoteKind.Changed, `${item}.rules.${rule.name}`, message)),
    served(rule.serve, flag, `${item}.rules.${rule.name}`, notes),
  ]);
  notes.common(flag, item, KEPT);
  if (flag.offVariant !== undefined) {
    const message = `while the flag is off, flagd answers the caller's own default, and not '${flag.offVariant}'`;
    notes.note(flag.enabled ? NoteKind.Noted : NoteKind.Changed, `${item}.offVariant`, message);
  }
  return {
    state: flag.enabled ? 'ENABLED' : 'DISABLED',
    variants: flag.variants,
    defaultVariant: flag.defaultVariant ?? null,
    ...(branches.length > 0 ? { targeting: { if: branches.length === 2 ? [...branches, null] : branches } } : {}),
    ...(flag.metadata === undefined ? {} : { metadata: flag.metadata }),
  };
}

function served(serve: Serve, flag: SourceFlag, item: string, notes: ExportNotes): Logic {
  if ('variant' in serve) return serve.variant;
  const message = "its users are drawn anew by flagd's own buckets; without a targeting key they get the default";
  notes.note(NoteKind.Changed, item, message);
  const salt = serve.salt ?? flag.salt ?? flag.key;
  const thousandths = serve.split.map(({ variant, weight }) => ({ variant, weight: Math.round(weight * 1000) }));
  const divisor = thousandths.reduce((common, { weight }) => gcd(common, weight), 0);
  return {
    fractional: [
      // flagd's own seed is the flag's key before the targeting key.
      ...(salt === flag.key ? [] : [{ cat: [salt, { var: 'targetingKey' }] }]),
      ...thousandths
        .filter(({ weight }) => weight > 0)
        .map(({ variant, weight }): Logic => [variant, weight / divisor]),
    ],
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
