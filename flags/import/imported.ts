import type { z } from 'zod';
import type { Issue } from '../../core/errors';
import type { Condition } from '../document/condition';
import { FlagDefinition, MAX_FLAG_BYTES, type Rule } from '../document/flag';
import { Segment } from '../document/segment';
import { validateFlag, validateSegment } from '../document/validate-flag';
import { segmentsIn } from '../evaluator/references';

/** What became of one item of an import or export. */
export const NoteKind = {
  /** It is not in the result, and nothing stands for it. */
  LeftOut: 'left_out',
  /** It is in the result, and means something else for some users. */
  Changed: 'changed',
  /**
   * It is in the result under another name or in another form, with the same meaning; or it is not, and no evaluation
   * depends on it.
   */
  Noted: 'noted',
} as const;
/** One of the kinds of notes. */
export type NoteKind = (typeof NoteKind)[keyof typeof NoteKind];

/** One item that could not be taken over as it was. */
export interface ImportNote {
  /** Where it stands in what was imported, such as `features.checkout.strategies[1]`. */
  readonly item: string;
  readonly kind: NoteKind;
  /** One sentence for a person. */
  readonly message: string;
}

/** A segment as people write it. */
export type SegmentDefinition = Pick<Segment, 'key' | 'if' | 'description'>;

/** Flags and segments made of another system's, and what could not be expressed. */
export interface Imported {
  readonly flags: readonly FlagDefinition[];
  readonly segments: readonly SegmentDefinition[];
  readonly notes: readonly ImportNote[];
}

/** Collects what an import makes. */
export class ImportResult implements Imported {
  readonly flags: FlagDefinition[] = [];
  readonly segments: SegmentDefinition[] = [];
  readonly notes: ImportNote[] = [];

  note(kind: NoteKind, item: string, message: string): void {
    this.notes.push({ item, kind, message });
  }
}

const SegmentShape = Segment.pick({ key: true, if: true, description: true });

/**
 * What of a result can be sent: a flag or segment that breaks a rule of such documents here, or stands on one that is
 * left out, is left out and told. Otherwise one of them would stop the others.
 *
 * @param room what flags are called where they come from
 */
export function applicable(result: ImportResult, room: 'flags' | 'features'): Imported {
  const segments = result.segments.filter((segment) => {
    const faults = faultsOf(SegmentShape.safeParse(segment), () => validateSegment(segment));
    if (faults !== undefined) result.note(NoteKind.LeftOut, `segments.${segment.key}`, faults);
    return faults === undefined;
  });
  const hasSegment = new Set(segments.map(({ key }) => key));
  let flags: readonly FlagDefinition[] = result.flags;
  let count: number;
  do {
    count = flags.length;
    const has = new Set(flags.map(({ key }) => key));
    flags = flags.filter((flag) => {
      const missing = flag.prerequisites.find((prerequisite) => !has.has(prerequisite.flag))?.flag;
      const segment = flag.rules.flatMap((rule) => segmentsIn(rule.if)).find((key) => !hasSegment.has(key));
      const why =
        missing !== undefined
          ? `it depends on '${missing}', which is left out`
          : segment !== undefined
            ? `it asks for segment '${segment}', which is left out`
            : (faultsOf(FlagDefinition.safeParse(flag), () => validateFlag(flag)) ?? tooLarge(flag));
      if (why !== undefined) result.note(NoteKind.LeftOut, `${room}.${flag.key}`, why);
      return why === undefined;
    });
  } while (flags.length < count);
  return { flags, segments, notes: result.notes };
}

/** What is sent beside the flag: why, and the mark for clients. */
const BESIDE_BYTES = 4_096;

function tooLarge(flag: FlagDefinition): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(flag)) + BESIDE_BYTES;
  if (bytes <= MAX_FLAG_BYTES) return undefined;
  return `it takes ${Math.ceil(bytes / 1024)} kB, and a flag here at most ${MAX_FLAG_BYTES / 1024}; long lists belong in a segment`;
}

/** What is wrong with a document, the first fault of it; undefined when nothing is. */
function faultsOf(parsed: z.ZodSafeParseResult<unknown>, further: () => readonly Issue[]): string | undefined {
  const [issue] = parsed.success
    ? further()
    : parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return issue === undefined ? undefined : `it is not valid here: ${issue.field}: ${issue.message}`;
}

/** Something that a flag cannot express, so that the flag as a whole is left out. */
export class NotExpressible extends Error {}

/** What `flag apply` would make of a definition without its optional fields. */
export function definitionOf(
  flag: Pick<FlagDefinition, 'key' | 'type' | 'variants'> & Partial<FlagDefinition>,
): FlagDefinition {
  return { enabled: true, tags: [], rules: [], prerequisites: [], ...flag };
}

/** Gives names that other systems allow a form that is allowed here, each once. */
export class Names {
  private readonly given = new Map<string, string>();
  private readonly taken = new Set<string>();

  constructor(private readonly schema: z.ZodType<string>) {}

  /** Keeps a name for what is imported from nothing. */
  reserve(name: string): void {
    this.taken.add(name);
  }

  /** The same name for the same text. */
  of(text: string): string {
    const known = this.given.get(text);
    if (known !== undefined) return known;
    const plain = this.schema.safeParse(text).success ? text : this.reduced(text);
    let name = plain;
    for (let again = 2; this.taken.has(name); again += 1) name = `${plain}_${again}`;
    this.given.set(text, name);
    this.taken.add(name);
    return name;
  }

  private reduced(text: string): string {
    const letters = text.replaceAll(/[^A-Za-z0-9_-]+/g, '_').replace(/^[^A-Za-z0-9]+/, '');
    return letters === '' ? 'unnamed' : letters.slice(0, 50);
  }
}

/** A condition of several that must all hold; null where nothing is asked. */
export function allOf(conditions: readonly Condition[]): Condition | null {
  const [only] = conditions;
  if (only === undefined) return null;
  return conditions.length === 1 ? only : { all: [...conditions] };
}

/** A rule in the making: a null condition holds for everybody. */
export interface DraftRule {
  readonly name: string;
  readonly if: Condition | null;
  readonly variant: string;
}

/**
 * Rules and default of a flag. The first rule that holds for everybody becomes the default, and what comes after it is
 * never reached.
 *
 * @param otherwise - the default when no rule holds for everybody
 */
export function rulesOf(
  drafts: readonly DraftRule[],
  otherwise: string | undefined,
): { readonly rules: Rule[]; readonly defaultVariant: string | undefined } {
  const rules: Rule[] = [];
  for (const { name, if: condition, variant } of drafts) {
    if (condition === null) return { rules, defaultVariant: variant };
    rules.push({ name, if: condition, serve: { variant } });
  }
  return { rules, defaultVariant: otherwise };
}
