import type { GroupStatus } from '../../workflows/group/status';
import { clean } from './text';

/** A group with its members and its account. */
export function groupLines({ groupId, environment, phase, summary, members, record }: GroupStatus): string[] {
  return [
    clean(`${groupId} in ${environment}: ${phase.replace('_', ' ')} — ${summary}`),
    ...members.map(({ flag, candidate, rolloutId, after, state, takenBack }) => {
      const waits = after.length === 0 ? '' : `, after ${after.join(', ')}`;
      const back = takenBack === null ? '' : `, ${takenBack.replace('_', ' ')}`;
      return clean(`  ${flag} → ${candidate} (${rolloutId}): ${state.replace('_', ' ')}${back}${waits}`);
    }),
    ...record.map(({ at, text }) => clean(`  ${at} ${text}`)),
  ];
}

/** One line for each group. */
export function groupList(groups: readonly GroupStatus[]): string[] {
  if (groups.length === 0) return ['no groups'];
  return groups.map(({ groupId, phase, startedAt, members }) =>
    clean(`${groupId}  ${phase.replace('_', ' ')}  ${startedAt}  ${members.map(({ flag }) => flag).join(', ')}`),
  );
}
