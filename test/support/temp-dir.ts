import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A new, empty folder that is removed when the test file has ended. */
export function givenTempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'headgate-test-'));
  made.push(dir);
  return dir;
}

// Evaluated once in each test file that imports this, and so registered for that file.
afterAll(() => {
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});
