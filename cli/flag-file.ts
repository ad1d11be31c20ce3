import { z } from 'zod';
import { ErrorCode, HeadgateError, ValidationError, type Issue } from '../core/errors';
import { FlagDefinition } from '../flags/document/flag';
import { Segment } from '../flags/document/segment';
import type { ApiClient } from './api/client';
import { parseYaml } from './read-file';

/** Revision that must stand there for the write to count; 0 means that there must be none. */
const revision = z.int().nonnegative().optional();
const FileFlag = FlagDefinition.extend({ enabled: z.boolean().optional(), revision });
const FileSegment = Segment.omit({ environment: true, revision: true }).extend({ revision });
type FileFlag = z.infer<typeof FileFlag>;
type FileSegment = z.infer<typeof FileSegment>;

/** Flags and segments of a file, as they are sent. */
export interface FlagFile {
  readonly segments: readonly FileSegment[];
  readonly flags: readonly FileFlag[];
}

/** What became of one document of a file. */
export interface Applied {
  readonly kind: 'segment' | 'flag';
  readonly key: string;
  readonly result: 'created' | 'applied';
  readonly revision: number;
}

/**
 * Reads a flag file: one definition, a list of them, or `{ segments: [], flags: [] }`. Everything is checked before
 * anything is sent.
 *
 * @throws {ValidationError} INVALID_FLAG with every fault and its field
 */
export function readFlagFile(text: string, name: string): FlagFile {
  const value = parseYaml(text, `'${name}'`, ErrorCode.InvalidFlag);
  const { segments, flags } = partsOf(value, name);
  const issues: Issue[] = [];
  const check = <Schema extends z.ZodType>(schema: Schema, list: readonly unknown[], where: string) =>
    list.flatMap((item, index) => {
      const parsed = schema.safeParse(item);
      if (parsed.success) return [parsed.data];
      const at = keyOf(item) ?? `${where}[${index}]`;
      issues.push(...parsed.error.issues.flatMap((issue) => faultsOf(issue, at)));
      return [];
    });
  const file = { segments: check(FileSegment, segments, 'segments'), flags: check(FileFlag, flags, 'flags') };
  if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidFlag, `'${name}'`, issues);
  return file;
}

/**
 * Sends a file's documents. Those that refer to others of the file wait for them, whatever their order in the file.
 *
 * @throws {HeadgateError} what the server refuses a document with; documents sent before stand
 */
export async function applyFile(
  api: ApiClient,
  environment: string,
  { segments, flags }: FlagFile,
  reason: string | undefined,
): Promise<Applied[]> {
  const ofSegments = await putAll(segments, (segment) => put(api, environment, 'segment', segment));
  const withReason = flags.map((flag) => (reason === undefined ? flag : { ...flag, reason }));
  return [...ofSegments, ...(await putAll(withReason, (flag) => put(api, environment, 'flag', flag)))];
}

/** Goes over what is left as long as something of it is taken. */
async function putAll<T>(documents: readonly T[], send: (document: T) => Promise<Applied>): Promise<Applied[]> {
  const applied: Applied[] = [];
  let left = documents;
  while (left.length > 0) {
    const refused: T[] = [];
    let first: HeadgateError | undefined;
    for (const document of left) {
      try {
        applied.push(await send(document));
      } catch (error) {
        const mayRefer =
          error instanceof HeadgateError &&
          (error.code === ErrorCode.InvalidFlag || error.code === ErrorCode.InvalidArgument);
        if (!mayRefer) throw error;
        first ??= error;
        refused.push(document);
      }
    }
    if (first !== undefined && refused.length === left.length) throw first;
    left = refused;
  }
  return applied;
}

async function put(
  api: ApiClient,
  environment: string,
  kind: Applied['kind'],
  document: { readonly key: string },
): Promise<Applied> {
  const path = ['environments', environment, `${kind}s`, document.key];
  const { status, body } = await api.call<{ revision: number }>('PUT', path, { body: document });
  return { kind, key: document.key, result: status === 201 ? 'created' : 'applied', revision: body.revision };
}

/** Of a union the branch that misses least says best what is wrong; each unknown key counts. */
function faultsOf(issue: z.core.$ZodIssue, above: string): Issue[] {
  const field = [above, ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: `${field}.${key}`, message: 'there is no such field' }));
  }
  if (issue.code !== 'invalid_union') return [{ field, message: issue.message }];
  const branches = issue.errors.map((branch) => branch.flatMap((inner) => faultsOf(inner, field)));
  const [closest] = branches.sort((a, b) => a.length - b.length);
  return closest === undefined || closest.length === 0 ? [{ field, message: issue.message }] : closest;
}

function partsOf(value: unknown, name: string): { segments: readonly unknown[]; flags: readonly unknown[] } {
  if (Array.isArray(value)) return { segments: [], flags: value };
  if (typeof value === 'object' && value !== null) {
    if (!('segments' in value) && !('flags' in value)) return { segments: [], flags: [value] };
    const { segments = [], flags = [], ...rest } = value as Record<string, unknown>;
    const unknown = Object.keys(rest);
    if (Array.isArray(segments) && Array.isArray(flags) && unknown.length === 0) return { segments, flags };
  }
  throw new HeadgateError(ErrorCode.InvalidFlag, `'${name}' holds no flags`, {
    remedy: 'Write one flag, a list of flags, or { segments: [], flags: [] }.',
  });
}

function keyOf(item: unknown): string | undefined {
  const key: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'key') : undefined;
  return typeof key === 'string' ? key : undefined;
}
