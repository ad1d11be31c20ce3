import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { Problem } from './problem';

/** A text read as YAML (of which JSON is a part), which remembers where each field stands. */
export interface SourceText {
  /** The value written; undefined when the text cannot be read. */
  readonly value: unknown;
  /** Why the text cannot be read; none when it can. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
  /** False when the text is too long or too deeply nested to be read by any parser. */
  readonly isTried: boolean;
  /** 1-based line of a field, or of the nearest thing around it that is written. */
  readonly lineOf: (path: Problem['path']) => number;
}

/** Far above any plan; keeps hostile texts from costing time or the parser's stack. */
const MAX_CHARACTERS = 100_000;
const MAX_DEPTH = 50;
const MANY_INDICATORS = new RegExp(`^(?: *[-?:][ \\t]){${MAX_DEPTH}}`, 'm');

/** Reads one YAML 1.2 document without merge keys or custom types. Never throws. */
export function readSource(text: string): SourceText {
  const refusal = refusalOf(text);
  if (refusal !== undefined) return { ...unreadable(refusal), isTried: false };
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  try {
    const document: Document = parseDocument(text, {
      lineCounter: lines,
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
    });
    const faults = [...document.errors, ...document.warnings].slice(0, 20).map(({ code, pos, message }) => ({
      line: lineAt(pos[0]),
      message: code === 'MULTIPLE_DOCS' ? 'a plan is one document; this is where a second one begins' : message,
    }));
    const anchors = new Set<string>();
    visit(document, {
      Node(_, node) {
        if ('anchor' in node && node.anchor !== undefined) anchors.add(node.anchor);
      },
      Alias(_, { source, range }) {
        if (!anchors.has(source))
          faults.push({ line: lineAt(range?.[0] ?? 0), message: `nothing is anchored as &${source}` });
      },
      Pair(_, { key }) {
        if (isScalar(key)) return undefined;
        faults.push({
          line: lineAt(startOf(key) ?? 0),
          message: 'a field name is plain text, not a list or an object',
        });
        return visit.BREAK;
      },
    });
    const value: unknown = faults.length > 0 ? undefined : document.toJS({ maxAliasCount: 20 });
    return { value, faults, isTried: true, lineOf: (path) => lineAt(offsetOf(document, path)) };
  } catch (error) {
    // Aliases that multiply.
    return unreadable(error instanceof Error ? error.message : 'the text cannot be read');
  }
}

function unreadable(message: string): SourceText {
  return { value: undefined, faults: [{ line: 1, message }], isTried: true, lineOf: () => 1 };
}

/** Why a text is not even tried: the parser recurses, and a stack that runs out can end the process. */
function refusalOf(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS)
    return `a plan has at most ${MAX_CHARACTERS} characters, and this has ${text.length}`;
  let depth = 0;
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1;
    else if ((character === ']' || character === '}') && depth > 0) depth -= 1;
    if (depth > MAX_DEPTH) return 'brackets are nested too deeply for a plan';
  }
  return MANY_INDICATORS.test(text) ? 'lists are nested too deeply for a plan' : undefined;
}

/** Where the key of a field, or an item of a list, begins; the nearest existing node around it when the field is missing. */
function offsetOf(document: Document, path: Problem['path']): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
}
