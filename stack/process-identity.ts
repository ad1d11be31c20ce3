import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A text that no other process of this machine ever has: pid, start instant and the machine's boot. A pid alone does not
 * identify a process, since the system gives it away again.
 *
 * @returns undefined when no such process lives (a zombie does not)
 */
export function processIdentity(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid < 1) return undefined;
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  } catch {
    return undefined;
  }
}

/** Whether the process that once had this identity still lives. */
export function isAlive(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

/**
 * Sends a signal to the process of that identity and to no other.
 *
 * @returns false when it is gone already
 */
export function signalProcess(pid: number, identity: string, signal: NodeJS.Signals): boolean {
  // 1 is the system's own first process, or a container's: never one that the stack has started.
  if (pid === 1 || !isAlive(pid, identity)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function fromProc(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name, in parentheses, may itself hold spaces and parentheses; fields are counted from after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || startTime === undefined) return undefined;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${pid}:${startTime}`;
}

function fromPs(pid: number): string | undefined {
  const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const [state = '', ...started] = line.split(/\s+/);
  return line === '' || state.startsWith('Z') ? undefined : `${pid}:${started.join(' ')}`;
}
