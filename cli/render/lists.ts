import type { AuditAnswer, FlagAnswer, StatusAnswer, TokenAnswer } from '../api/answers';
import { counted, percent } from './numbers';
import { phaseStyled, waitsFor } from './status-lines';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

/** Flags, one a line. */
export function flagList(flags: readonly FlagAnswer[], style: Style): string[] {
  if (flags.length === 0) return ['no flags'];
  const rows = flags.map((flag) => [
    style.bold(flag.key),
    flag.type,
    flag.enabled ? 'on' : style.red('off'),
    (flag.enabled ? flag.defaultVariant : flag.offVariant) ?? 'the caller’s own',
    rolloutCell(flag.rollout),
    String(flag.revision),
    `${flag.lastChange.at} ${clean(flag.lastChange.actor.name)}`,
  ]);
  const headings = ['flag', 'type', 'state', 'default', 'rollout', 'revision', 'last change'];
  return tableLines(columns(headings, ['revision']), rows, style);
}

/** What a flag carries in a few words. */
function rolloutCell(block: FlagAnswer['rollout']): string {
  if (block === undefined) return '–';
  if (block.arms !== undefined) return `experiment, ${block.arms.length} arms`;
  return `${block.candidate} ${percent(block.weight)}`;
}

/** Rollouts, one a line, as the database last heard of them. */
export function rolloutList(rollouts: readonly StatusAnswer[], style: Style): string[] {
  if (rollouts.length === 0) return ['no rollouts'];
  const rows = rollouts.map((status) => [
    style.bold(status.rolloutId),
    status.candidate,
    percent(status.weight),
    `${phaseStyled(status.phase, style)}${waitsFor(status)}`,
    status.startedAt,
    clean(status.startedBy),
  ]);
  return tableLines(columns(['rollout', 'candidate', 'weight', 'phase', 'started', 'by'], ['weight']), rows, style);
}

/** Tokens, one a line. */
export function tokenList(tokens: readonly TokenAnswer[], style: Style): string[] {
  if (tokens.length === 0) return ['no tokens'];
  const rows = tokens.map((token) => [
    style.bold(token.id),
    clean(token.name),
    token.role,
    token.environment ?? 'all',
    `${token.createdAt} by ${clean(token.createdBy)}`,
    token.revokedAt === undefined ? 'good' : style.red(`revoked ${token.revokedAt}`),
  ]);
  return tableLines(columns(['token', 'name', 'role', 'environment', 'created', 'state']), rows, style);
}

/** What the audit found. */
export function auditLines(
  { ok, flags, segments, records, problems }: AuditAnswer,
  environment: string,
  style: Style,
): string[] {
  const scope = `${counted(records, 'record')} of ${counted(flags, 'flag')} and ${counted(segments, 'segment')} in ${environment}`;
  if (ok) return [`${style.green('every chain holds')}: ${scope}`];
  return [
    style.red(`${counted(problems.length, 'problem')} in ${scope}`),
    ...problems.map(({ flagId, segmentId, switchId, holdoutsId, revision, problem }) => {
      const subject = flagId ?? (segmentId === undefined ? (switchId ?? holdoutsId ?? '') : `segment ${segmentId}`);
      return `${subject} revision ${revision}: ${clean(problem)}`;
    }),
  ];
}

function columns(headings: readonly string[], right: readonly string[] = []): { heading: string; right: boolean }[] {
  return headings.map((heading) => ({ heading, right: right.includes(heading) }));
}
