import { execFileSync } from 'node:child_process';

/** Parts of an installation by what their command lines contain. */
const PARTS = {
  worker: 'workers/main.ts',
  server: 'server/main.ts',
  Temporal: 'temporal server start-dev',
  database: /MongoStandin|mongod /,
} as const;

/** What a process has used so far. */
export interface ProcessUse {
  /** Resident, in MB. */
  readonly memoryMb: number;
  readonly cpuSeconds: number;
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
