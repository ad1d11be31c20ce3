import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SUITES } from './run-suites';
import { suitesFolder } from './suite';

describe('suites that others wrote', () => {
  it.each(SUITES.map((suite) => [suite.name, suite] as const))(
    '%s: no case fails, and most are run',
    async (_, suite) => {
      const folder = join(suitesFolder(), suite.folder);
      expect(existsSync(folder)).toBe(true);
      const results = await suite.run(folder);
      expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      expect(results.filter(({ outcome, why }) => outcome === 'skipped' && !why)).toEqual([]);
      expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(results.length * 0.8);
    },
  );
});
