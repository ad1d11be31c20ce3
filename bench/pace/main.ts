import { runPace, type PaceOutcome } from './run-pace';
import type { Trace } from './traffic';

const TRACES: readonly Trace[] = [
  { name: 'as good as control', requestsPerMinute: 6000, control: 0.01, candidate: 0.01 },
  { name: 'as good, a tenth of the traffic', requestsPerMinute: 600, control: 0.01, candidate: 0.01 },
  { name: 'errors × 2', requestsPerMinute: 6000, control: 0.01, candidate: 0.02 },
  { name: 'errors × 5', requestsPerMinute: 6000, control: 0.01, candidate: 0.05 },
];

/** Runs every trace at both paces with the same seeds, and prints time, harm and looks as medians with the worst beside. */
export function comparePaces(rollouts: number, horizonMinutes: number, print: (line: string) => void): void {
  print(
    '| trace | pace | outcomes | minutes, median (longest) | errors beyond control, median (most) | looks | narrows |',
  );
  print('| --- | --- | --- | --- | --- | --- | --- |');
  for (const trace of TRACES) {
    for (const pace of ['steps', 'adaptive'] as const) {
      const runs = Array.from({ length: rollouts }, (_, index) => runPace(trace, pace, 4000 + index, horizonMinutes));
      print(
        `| ${trace.name} | ${pace} | ${outcomesOf(runs)} | ${spread(runs.map(({ minutes }) => minutes))} | ${spread(runs.map(({ excessErrors }) => excessErrors))} | ${middle(runs.map(({ looks }) => looks))} | ${runs.reduce((sum, { narrows }) => sum + narrows, 0)} |`,
      );
    }
  }
}

function outcomesOf(runs: readonly PaceOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of runs) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(', ');
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}

function spread(values: readonly number[]): string {
  return `${middle(values)} (${Math.round(Math.max(...values))})`;
}

if (require.main === module) {
  comparePaces(Number(process.env['ROLLOUTS'] ?? 10), 240, (line) => {
    console.log(line);
  });
}
