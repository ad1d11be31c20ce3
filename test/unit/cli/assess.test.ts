import { run } from '../../../cli/run';
import type { Assessment } from '../../../cli/commands/assess-command';
import { givenIo } from '../../support/cli-io';
import { GitHistory, lines } from '../../support/git-history';
import { givenTempDir } from '../../support/temp-dir';

const DAY = 86_400;
const START = Date.UTC(2024, 0, 1, 10, 30) / 1000;

describe('headgate assess', () => {
  let history: GitHistory;
  beforeAll(() => {
    history = new GitHistory(givenTempDir());
    for (let day = 0; day < 12; day++) {
      const files = { 'shop/cart.ts': lines(40 + day), 'README.md': lines(3, `day ${day}`) };
      history.commit({ files, author: 'ada', at: START + day * DAY, message: `Change ${day}` });
    }
    const large = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`pay${at % 6}/file${at}.ts`, lines(120)]));
    const at = START + 20 * DAY;
    history.commit({
      files: { ...large, 'db/migrations/20240101_pay.sql': lines(9) },
      author: 'bob',
      at,
      message: 'Pay',
    });
    history.commit({ files: { 'README.md': lines(3, 'typo') }, author: 'ada', at: at + DAY, message: 'Mend a typo' });
  });
  const assess = async (...words: string[]): Promise<{ code: number; out: string; err: string }> => {
    const io = givenIo({ env: { XDG_CACHE_HOME: givenTempDir() } });
    const code = await run(['assess', ...words, '--repo', history.folder], io);
    return { code, out: io.out(), err: io.err() };
  };

  it('ranks a large change by a newcomer above a small one by an old hand, and says why', async () => {
    const { code, out } = await assess('HEAD~2..HEAD', '--json');
    expect(code).toBe(0);
    const { commits, score, measures, unknown } = JSON.parse(out) as Assessment;
    const [large, small] = commits;
    expect(large?.score.probability).toBeGreaterThan(2 * (small?.score.probability ?? 1));
    expect(large?.score.reasons.join()).toMatch(/riskier/);
    expect(score.rank).toBeGreaterThan(0.5);
    expect(measures).toMatchObject({ migrationFiles: 1, codeFiles: 30 });
    expect(unknown).toEqual([]);
  });

  it('tells people the rank, the reasons and each commit', async () => {
    const { out } = await assess('HEAD~2..HEAD');
    expect(out).toMatch(/^HEAD~2\.\.HEAD: 2 commits, 32 files in 8 subsystems, \+3612 -3 lines$/m);
    expect(out).toMatch(/riskier than \d+ % of the changes it knows/);
    expect(out).toContain('It changes code and no test.');
    expect(out).toMatch(/^commit +fails +lines +subject$/m);
    expect(out).not.toMatch(/example\.test|\bada\b|\bbob\b/);
  });

  it('says that a commit without files tells nothing, and lets no subject steer a terminal', async () => {
    const one = new GitHistory(givenTempDir());
    const at = START + 30 * DAY;
    one.commit({ files: { 'a.ts': lines(1) }, author: 'ada', at, message: 'One' });
    one.commit({ files: { 'b.ts': lines(1) }, author: 'ada', at: at + 1, message: 'Two \u001b[31mred\u0007' });
    one.commit({ files: {}, author: 'ada', at: at + 2, message: 'Nothing' });
    const io = givenIo({ env: { XDG_CACHE_HOME: givenTempDir() } });
    expect(await run(['assess', 'HEAD', '--repo', one.folder], io)).toBe(0);
    expect(io.out()).toContain('changes no file');
    const range = givenIo({ env: { XDG_CACHE_HOME: givenTempDir() } });
    expect(await run(['assess', 'HEAD~2..HEAD', '--repo', one.folder], range)).toBe(0);
    expect(range.out()).toContain('Two  [31mred');
    expect(range.out()).not.toMatch(/[\u001b\u0007]/);
    expect(range.out()).not.toContain('changes no file');
  });

  it('refuses what git does not know, as a wrong command line', async () => {
    const { code, err } = await assess('nowhere');
    expect(code).toBe(2);
    expect(err).toContain("'nowhere' names no commit");
  });
});
