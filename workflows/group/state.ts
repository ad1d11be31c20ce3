import type { GroupInput } from './messages';
import { isGroupEnd, type GroupMember, type GroupStatus } from './status';

/** Lines of its own account that a group keeps. */
const REMEMBERED_LINES = 200;

/** The status a group begins with. */
export function initialStatus(input: GroupInput): GroupStatus {
  const { groupId, environment, key, approval, members, startedAt, startedBy, owner } = input;
  return {
    groupId,
    environment,
    key,
    phase: approval ? 'waiting' : 'progressing',
    outcome: null,
    waitingFor: approval ? 'approval' : null,
    summary: approval ? 'waits for the one approval before anything is started' : 'starting',
    members: members.map(({ rollout, after }) => ({
      flag: rollout.flagKey,
      candidate: rollout.plan.candidate,
      rolloutId: rollout.rolloutId,
      after,
      state: 'pending' as const,
      summary: '',
      takenBack: null,
    })),
    record: [],
    startedAt,
    startedBy: startedBy.name,
    ...(owner === undefined ? {} : { owner }),
  };
}

/** Adds a line to the group's account, keeping the newest. */
export function withLine(status: GroupStatus, atMs: number, text: string): GroupStatus {
  return { ...status, record: [...status.record, { at: new Date(atMs).toISOString(), text }].slice(-REMEMBERED_LINES) };
}

/** Changes one member. */
export function withMember(status: GroupStatus, flag: string, change: Partial<GroupMember>): GroupStatus {
  return { ...status, members: status.members.map((one) => (one.flag === flag ? { ...one, ...change } : one)) };
}

/** Members to be started now: all they wait for has completed; at most one is live when they may not be side by side. */
export function readyMembers({ members }: Pick<GroupStatus, 'members'>, sideBySide: boolean): GroupMember[] {
  const completed = new Set(members.filter(({ state }) => state === 'completed').map(({ flag }) => flag));
  const ready = members.filter(({ state, after }) => state === 'pending' && after.every((one) => completed.has(one)));
  if (sideBySide) return ready;
  return members.some(({ state }) => state === 'live') ? [] : ready.slice(0, 1);
}

/** A member whose rollout ended otherwise than by completion; undefined while there is none. */
export function failedMember({ members }: Pick<GroupStatus, 'members'>): GroupMember | undefined {
  const isFine: readonly GroupMember['state'][] = ['pending', 'live', 'completed', 'skipped', 'detached'];
  return members.find(({ state }) => !isFine.includes(state));
}

/** Members that wait to be started are not started any more, and say why. */
export function skipPending<T extends Pick<GroupStatus, 'members'>>(status: T, why: string): T {
  const members = status.members.map((one) =>
    one.state === 'pending' ? { ...one, state: 'skipped' as const, summary: `not started: ${why}`.slice(0, 600) } : one,
  );
  return { ...status, members };
}

/** The group in Markdown, as the Temporal Web UI shows it under current details. */
export function describeGroup(status: GroupStatus): string {
  const { key, environment, phase, waitingFor, summary, members, record } = status;
  return [
    `### group ${key} in ${environment}`,
    '',
    `**${phase}**${waitingFor === null ? '' : `, waits for ${waitingFor}`} — ${summary}`,
    '',
    '| member | rollout | after | state | taken back |',
    '| --- | --- | --- | --- | --- |',
    ...members.map(
      ({ flag, candidate, rolloutId, after, state, takenBack }) =>
        `| ${flag} → ${candidate} | ${rolloutId} | ${after.join(', ') || '–'} | ${state} | ${takenBack ?? '–'} |`,
    ),
    '',
    ...record.slice(isGroupEnd(phase) ? -40 : -15).map(({ at, text }) => `- ${at} ${text}`),
  ].join('\n');
}
