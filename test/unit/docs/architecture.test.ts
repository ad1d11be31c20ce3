import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const root = join(__dirname, '../../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

const Rules = z.object({
  forbidden: z.array(
    z.object({
      name: z.string(),
      to: z.object({ pathNot: z.union([z.string(), z.array(z.string())]).optional() }),
    }),
  ),
});

/** What each room may import, as lint enforces it. */
function enforced(): Record<string, string[]> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the configuration is CommonJS without types
  const { forbidden } = Rules.parse(require(join(root, '.dependency-cruiser.cjs')));
  const suffix = '-imports-only-its-row';
  return Object.fromEntries(
    forbidden
      .filter(({ name }) => name.endsWith(suffix))
      .map(({ name, to }) => {
        const [, ...allowed] = [to.pathNot ?? []].flat();
        return [name.slice(0, -suffix.length), allowed.map((pattern) => pattern.replace(/^\^|\(.*$/g, ''))];
      }),
  );
}

describe('docs/architecture.md', () => {
  it('says of each room what it may import, as lint enforces it', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+)\/` \|[^|]*\|([^|]*)\|$/gm)];
    const documented = rows.map(([, room = '', cell = '']) => [
      room,
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    ]);
    expect(Object.fromEntries(documented)).toEqual(enforced());
  });

  it('gives every invariant a test', () => {
    const rows = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    expect(rows.map((row) => row.includes('.test.ts)'))).toEqual(Array.from({ length: 10 }, () => true));
  });
});
