import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Parts of an installation by what their command lines contain. */
const PARTS = {
  worker: 'workers/main.ts',
  server: 'server/main.ts',
  Temporal: 'temporal server start-dev',
  database: /MongoStandin|mongod /,
} as const;

/** Linux counts in these, whatever the machine. */
const CLOCK_TICKS_PER_SECOND = 100;

/** What a process has used so far. */
export interface ProcessUse {
  readonly pid: number;
  /** Resident, in MB. */
  readonly memoryMb: number;
  readonly cpuSeconds: number;
}

/** Processor time of one process so far, in seconds; whole hundredths, from the kernel's accounts. */
export function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name before may hold spaces; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Memory and processor time of each part that runs below this process; another installation on the machine is not counted. */
export function readProcesses(): Map<string, ProcessUse> {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,rss=,cputimes=,args='], { encoding: 'utf8' }).split('\n');
  const processes = rows.flatMap((row) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(row);
    if (match === null) return [];
    const [pid = 0, parent = 0, rss = 0, cpuSeconds = 0] = match.slice(1, 5).map(Number);
    return [{ pid, parent, memoryMb: rss / 1024, cpuSeconds, args: match[5] ?? '' }];
  });
  const ours = new Set([process.pid]);
  for (let size = 0; size !== ours.size;) {
    size = ours.size;
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
  }
  const found = new Map<string, ProcessUse>();
  for (const [part, pattern] of Object.entries(PARTS)) {
    const mine = processes.filter(
      ({ pid, args }) => ours.has(pid) && (typeof pattern === 'string' ? args.includes(pattern) : pattern.test(args)),
    );
    const [largest] = mine.sort((a, b) => b.memoryMb - a.memoryMb);
    if (largest !== undefined) found.set(part, largest);
  }
  return found;
}
