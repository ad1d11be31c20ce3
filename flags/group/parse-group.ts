import { parsePlan, readWritten, type ParseOptions } from '../plan/parse-plan';
import { invalidPlan } from '../plan/problem';
import { tryResolveGroup, type GroupPlan } from './resolve-group';

/**
 * Paths of plan files that a group's members name in place of a plan, in order.
 *
 * @throws {ValidationError} INVALID_PLAN when the text cannot be read
 */
export function planPathsOf(text: string, format: 'yaml' | 'json'): string[] {
  return membersOf(readWritten(text, format).file).flatMap((member) => {
    const plan: unknown = planOf(member);
    return typeof plan === 'string' ? [plan] : [];
  });
}

/**
 * Reads a group as written in a file.
 *
 * @param plans - texts of the plan files that members name, by path
 * @returns the file's own value with every plan inline, to be sent to a server, and the group it resolves to
 * @throws {ValidationError} INVALID_PLAN with line and field of every problem; those of a plan file stand in its own error
 */
export function parseGroup(
  text: string,
  { format = 'yaml', ...options }: ParseOptions,
  plans: ReadonlyMap<string, string> = new Map(),
): { readonly file: unknown; readonly group: GroupPlan } {
  const { file: written, lineOf } = readWritten(text, format);
  const environment = Reflect.get(Object(written), 'environment') as unknown;
  const file = inline(written, (path) => {
    const plan = plans.get(path);
    if (plan === undefined) return path;
    const own = typeof environment === 'string' ? environment : options.environment;
    return parsePlan(plan, { environment: own, format: path.endsWith('.json') ? 'json' : 'yaml' }).file;
  });
  const { group, problems } = tryResolveGroup(file, options);
  if (group === null) throw invalidPlan(problems, lineOf, 'the group');
  return { file, group };
}

function membersOf(file: unknown): readonly unknown[] {
  const members: unknown = typeof file === 'object' && file !== null ? Reflect.get(file, 'members') : undefined;
  return Array.isArray(members) ? members : [];
}

function planOf(member: unknown): unknown {
  return typeof member === 'object' && member !== null ? Reflect.get(member, 'plan') : undefined;
}

function inline(file: unknown, read: (path: string) => unknown): unknown {
  if (typeof file !== 'object' || file === null || membersOf(file).length === 0) return file;
  const members = membersOf(file).map((member) => {
    const plan = planOf(member);
    return typeof plan === 'string' ? { ...(member as object), plan: read(plan) } : member;
  });
  return { ...file, members };
}
