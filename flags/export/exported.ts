import type { Condition } from '../document/condition';
import type { FlagDefinition } from '../document/flag';
import type { RolloutBlock } from '../document/rollout-block';
import { NotExpressible, NoteKind, type ImportNote, type SegmentDefinition } from '../import/imported';

/** One item that the other system cannot say as it is here; the kinds are those of an import. */
export type ExportNote = ImportNote;

/** A flag to export, with the live rollout it may carry. */
export type SourceFlag = FlagDefinition & { readonly rollout?: Pick<RolloutBlock, 'id' | 'candidate' | 'weight'> };

/** Flags and segments of one environment. */
export interface ExportSource {
  readonly flags: readonly SourceFlag[];
  readonly segments: readonly SegmentDefinition[];
}

/** Another system's document, and what it could not say. */
export interface Exported<Document> {
  readonly document: Document;
  readonly notes: readonly ExportNote[];
}

/** Fields that no evaluation depends on. */
const REMARKS = ['description', 'owner', 'tags', 'client', 'expiresAt', 'modules', 'services'] as const;

/** Collects what an export has to tell, each remark once. */
export class ExportNotes {
  readonly notes: ExportNote[] = [];

  note(kind: NoteKind, item: string, message: string): void {
    const isKnown = this.notes.some((note) => note.item === item && note.message === message);
    if (!isKnown) this.notes.push({ item, kind, message });
  }

  /**
   * Makes a document of each flag, in order. One that cannot be expressed is left out as a whole, since the rest of it
   * would mean something else; what was told of it until then goes with it.
   */
  each<Document>(
    flags: readonly SourceFlag[],
    make: (flag: SourceFlag, item: string) => Document,
  ): Map<string, Document> {
    const made = new Map<string, Document>();
    for (const flag of flags) {
      const item = `flags.${flag.key}`;
      const before = this.notes.length;
      try {
        made.set(flag.key, make(flag, item));
      } catch (error) {
        if (!(error instanceof NotExpressible)) throw error;
        this.notes.splice(before);
        this.note(NoteKind.LeftOut, item, error.message);
      }
    }
    return made;
  }

  /** What every system loses: remarks it has no place for, and a live rollout. */
  common({ rollout, ...flag }: SourceFlag, item: string, kept: ReadonlySet<keyof FlagDefinition>): void {
    for (const field of REMARKS) {
      const value = flag[field];
      if (kept.has(field) || value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      this.note(NoteKind.Noted, `${item}.${field}`, 'has no place there; no evaluation depends on it');
    }
    if (!kept.has('metadata') && Object.keys(flag.metadata ?? {}).length > 0) {
      this.note(NoteKind.LeftOut, `${item}.metadata`, 'is not handed out with evaluations there');
    }
    const forHeldOut = [flag.heldOut, ...flag.rules.map((rule) => rule.heldOut)];
    if (forHeldOut.some((heldOut) => Object.keys(heldOut ?? {}).length > 0)) {
      const message = 'keys that a holdout keeps out are served like all others there';
      this.note(NoteKind.Changed, `${item}.heldOut`, message);
    }
    if (rollout !== undefined) {
      const message = `rollout '${rollout.id}' is live; its candidate '${rollout.candidate}', at ${rollout.weight} %, is served to nobody there`;
      this.note(NoteKind.Changed, `${item}.rollout`, message);
    }
  }
}

/** Prerequisites first, so that a flag finds what became of them. Flags keep their order otherwise. */
export function byPrerequisites(flags: readonly SourceFlag[]): SourceFlag[] {
  const byKey = new Map(flags.map((flag) => [flag.key, flag]));
  const sorted = new Set<SourceFlag>();
  const seen = new Set<string>();
  const visit = (flag: SourceFlag): void => {
    if (seen.has(flag.key)) return;
    seen.add(flag.key);
    for (const { flag: key } of flag.prerequisites) {
      const parent = byKey.get(key);
      if (parent !== undefined) visit(parent);
    }
    sorted.add(flag);
  };
  flags.forEach(visit);
  return [...sorted];
}

/** Finds the condition of a segment. */
export type FindSegment = (key: string) => Condition | undefined;

/**
 * A condition with the conditions of its segments in place of their names.
 *
 * @throws {NotExpressible} when a segment is not there or names itself
 */
export function withoutSegments(condition: Condition, find: FindSegment, within: readonly string[] = []): Condition {
  if ('segment' in condition) {
    const { segment } = condition;
    if (within.includes(segment))
      throw new NotExpressible(`segments go in a circle: ${[...within, segment].join(' → ')}`);
    const found = find(segment);
    if (found === undefined) throw new NotExpressible(`there is no segment '${segment}'`);
    return withoutSegments(found, find, [...within, segment]);
  }
  const walk = (part: Condition): Condition => withoutSegments(part, find, within);
  if ('all' in condition) return { all: condition.all.map(walk) };
  if ('any' in condition) return { any: condition.any.map(walk) };
  if ('not' in condition) return { not: walk(condition.not) };
  return condition;
}

/**
 * The path of an attribute that other systems read as Headgate does.
 *
 * @throws {NotExpressible} for one that would find what every object or list has there
 */
export function plainPath(attribute: string): string {
  const parts = attribute.split('.');
  const isPlain = parts.every((part, at) => !(part in Object.prototype) && (at === 0 || !/^(\d*|length)$/.test(part)));
  if (isPlain) return attribute;
  throw new NotExpressible(`attribute '${attribute}' would be read otherwise there`);
}
