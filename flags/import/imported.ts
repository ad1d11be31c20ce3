import type { z } from 'zod';
import type { Condition } from '../document/condition';
import type { FlagDefinition, Rule } from '../document/flag';
import type { Segment } from '../document/segment';

/** What became of one item of an import or export. */
export const NoteKind = {
  /** It is not in the result, and nothing stands for it. */
  LeftOut: 'left_out',
  /** It is in the result, and means something else for some users. */
  Changed: 'changed',
  /** It is in the result under another name or in another form, with the same meaning; or it is not, and no evaluation depends on it. */
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
 * Rules and default of a flag. The first rule that holds for everybody becomes the default, and what comes after it is never reached.
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
