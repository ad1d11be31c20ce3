import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKTEST_PLAN } from '../../../cli/offline/backtest-plan';

const page = readFileSync(join(__dirname, '../../../docs/backtest.md'), 'utf8');

describe('docs/backtest.md', () => {
  it('shows the plan that recordings are judged by when none is named', () => {
    expect(page).toContain(`\`\`\`yaml\n${BACKTEST_PLAN}\`\`\``);
  });
});
