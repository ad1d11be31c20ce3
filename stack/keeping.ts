/** What a keeper is sent once its process was found ready: from then on each death is one to recover from. */
export const READY_SIGNAL = 'SIGUSR2';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long a process that has died waits until it is started again: half a second at first, twice as long after each
 * further death in a row, never more than half a minute.
 *
 * @param deaths - in a row, this one included
 */
export function restartDelayMs(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(30, deaths - 1));
}
