import { join } from 'node:path';

/** What became of one case of a suite. */
export interface CaseResult {
  readonly name: string;
  readonly outcome: 'passed' | 'skipped' | 'failed';
  /** Why it was skipped, or how it failed. */
  readonly why?: string;
}

/** A suite that others wrote, and how it is run against Headgate. */
export interface Suite {
  readonly name: string;
  /** @param folder - of the suite, as its authors lay it out */
  run(folder: string): Promise<readonly CaseResult[]>;
  /** Folder of the suite within the folder of all suites. */
  readonly folder: string;
}

/** Where the suites are: the copies kept here, or `HEADGATE_CONFORMANCE_SUITES` for other versions of them. */
export function suitesFolder(): string {
  return process.env['HEADGATE_CONFORMANCE_SUITES'] ?? join(__dirname, 'suites');
}

/** Compares as JSON does: what is undefined is not there. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

/** One case that is judged by comparing. */
export function compared(name: string, actual: unknown, expected: unknown): CaseResult {
  if (isSame(actual, expected)) return { name, outcome: 'passed' };
  return { name, outcome: 'failed', why: `got ${JSON.stringify(actual)}, wants ${JSON.stringify(expected)}` };
}
