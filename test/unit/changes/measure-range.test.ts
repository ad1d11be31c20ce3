import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Repository } from '../../../changes/git/repository';
import { HistoryFiles } from '../../../changes/history/history-file';
import { measureRange, type MeasuredRange } from '../../../changes/measure-range';
import { GitHistory, lines } from '../../support/git-history';
import { givenTempDir } from '../../support/temp-dir';

const DAY = 86_400;
const YEAR = 365.25 * DAY;
/** A Monday, 10:30 in UTC. */
const START = Date.UTC(2024, 0, 1, 10, 30) / 1000;

function measure(folder: string, range: string, cache?: string): Promise<MeasuredRange> {
  return measureRange({
    repository: new Repository(folder),
    range,
    remember: cache === undefined ? null : (roots) => new HistoryFiles(cache, roots),
  });
}

describe('the measures of a change', () => {
  let history: GitHistory;

  /** Three commits of two people, and a fourth that is measured. */
  beforeAll(() => {
    history = new GitHistory(givenTempDir());
    history.commit({
      files: { 'shop/cart.ts': lines(10), 'shop/total.ts': lines(20), 'README.md': lines(3) },
      author: 'ada',
      at: START - 2 * YEAR,
      message: 'Begin',
    });
    history.commit({
      files: { 'shop/cart.ts': lines(12) },
      author: 'bob',
      at: START - 10 * DAY,
      message: 'Add two lines',
    });
    history.commit({
      files: { 'pay/card.ts': lines(5) },
      author: 'ada',
      at: START - 4 * DAY,
      message: 'Add cards',
    });
    history.commit({
      // 4 lines added; 2 deleted and 2 added elsewhere; a new file of 8 lines.
      files: { 'shop/cart.ts': lines(16), 'shop/total.ts': lines(18) + 'x\ny\n', 'pay/api/refund.ts': lines(8) },
      author: 'ada',
      at: START,
      offset: '+0530',
      message: 'Fix refunds\n\nThey were never paid.',
    });
  });

  it('are those of Kamei et al., worked out by hand', async () => {
    const { measures } = await measure(history.folder, 'HEAD');
    expect(measures).toMatchObject({ ns: 2, nd: 2 + 0, nf: 3, la: 4 + 2 + 8, ld: 2, lt: 12 + 20, fix: 1 });
    // Lines changed: 4, 4 and 8 of 16.
    expect(measures.entropy).toBeCloseTo(1.5, 12);
    expect(measures.ndev).toBe(2);
    expect(measures.nuc).toBe(2);
    expect(measures.age).toBeCloseTo((10 + 2 * 365.25 + 0) / 3, 9);
    expect(measures.exp).toBe(2);
    expect(measures.rexp).toBeCloseTo(1 / (1 + 2) + 1 / (1 + 4 / 365.25), 12);
    // Once in shop, once in pay.
    expect(measures.sexp).toBe(2);
  });

  it('count changes of files as the shipped training data does', async () => {
    const { measures } = await measure(history.folder, 'HEAD');
    expect(measures.fileDevelopers).toBe(2);
    expect(measures.fileChanges).toBe(2 + 1 + 0 + 3);
    expect(measures.authorFileChanges).toBe(3 + 1 + 3);
    expect(measures.recentAuthorFileChanges).toBeCloseTo(3 / (1 + 2 * 365.25) + 1 / (1 + 4) + 3, 12);
    // cart and total of shop, card of pay, and refund, which is new to everybody.
    expect(measures.authorFilesInSubsystems).toBe(4);
  });

  it('know the hour where the author is', async () => {
    const { measures } = await measure(history.folder, 'HEAD');
    expect(measures).toMatchObject({ hour: 16, weekday: 1 });
  });

  it('of several commits are those of the whole difference', async () => {
    const { measures, commits } = await measure(history.folder, 'HEAD~2..HEAD');
    expect(commits.map(({ subject }) => subject)).toEqual(['Add cards', 'Fix refunds']);
    expect(measures).toMatchObject({ nf: 4, la: 5 + 14, ld: 2, lt: 32, exp: 1 });
    expect(commits[1]?.measures).toMatchObject({ nf: 3, exp: 2 });
  });

  it('of a first commit have no past and no lines before', async () => {
    const root = history.git('rev-list', '--max-parents=0', 'HEAD').trim();
    const { measures, since } = await measure(history.folder, root);
    expect(since).toBeNull();
    expect(measures).toMatchObject({
      ns: 2,
      nd: 2,
      nf: 3,
      la: 33,
      lt: 0,
      exp: 0,
      ndev: 0,
      nuc: 0,
      age: 0,
      newFiles: 3,
    });
  });

  it('are the same from a remembered past as from a fresh one', async () => {
    const cache = givenTempDir();
    const before = await measure(history.folder, 'HEAD~1', cache);
    expect(before.history).toEqual({ read: 2, remembered: 0 });
    const remembered = await measure(history.folder, 'HEAD', cache);
    expect(remembered.history).toEqual({ read: 1, remembered: 2 });
    const again = await measure(history.folder, 'HEAD', cache);
    expect(again.history).toEqual({ read: 0, remembered: 3 });
    const fresh = await measure(history.folder, 'HEAD');
    for (const seen of [remembered, again]) expect(seen.measures).toEqual(fresh.measures);
  });

  it('take a broken remembered past for none', async () => {
    const cache = givenTempDir();
    const first = await measure(history.folder, 'HEAD', cache);
    const [repository = ''] = readdirSync(join(cache, 'changes'));
    const [file = ''] = readdirSync(join(cache, 'changes', repository));
    writeFileSync(join(cache, 'changes', repository, file), 'torn');
    const second = await measure(history.folder, 'HEAD', cache);
    expect(second.history).toEqual({ read: 3, remembered: 0 });
    expect(second.measures).toEqual(first.measures);
  });

  it('remember nobody by name or address', async () => {
    const cache = givenTempDir();
    await measure(history.folder, 'HEAD', cache);
    const [repository = ''] = readdirSync(join(cache, 'changes'));
    const [file = ''] = readdirSync(join(cache, 'changes', repository));
    const text = gunzipSync(readFileSync(join(cache, 'changes', repository, file))).toString();
    expect(text).toContain('shop/cart.ts');
    expect(text).not.toMatch(/ada|bob|example\.test/);
  });
});

describe('hard histories', () => {
  it('a merge is what it brings in, and brings nothing twice', async () => {
    const history = new GitHistory(givenTempDir());
    history.commit({ files: { 'a/one.ts': lines(5) }, author: 'ada', at: START - 9 * DAY, message: 'Begin' });
    history.git('checkout', '--quiet', '-b', 'side');
    history.commit({ files: { 'b/two.ts': lines(7) }, author: 'bob', at: START - 8 * DAY, message: 'Add two' });
    history.git('checkout', '--quiet', 'main');
    history.commit({ files: { 'a/one.ts': lines(6) }, author: 'ada', at: START - 7 * DAY, message: 'Grow one' });
    history.merge('side', 'ada', START - 6 * DAY);
    const merge = await measure(history.folder, 'HEAD');
    expect(merge.commits.map(({ subject }) => subject)).toEqual(['Add two']);
    expect(merge.measures).toMatchObject({ nf: 1, la: 7, ld: 0, lt: 0 });
    history.commit({
      files: { 'a/one.ts': lines(7), 'b/two.ts': lines(8) },
      author: 'ada',
      at: START,
      message: 'Grow',
    });
    const after = await measure(history.folder, 'HEAD');
    // Three commits changed these files, the merge none of them again.
    expect(after.measures).toMatchObject({ nuc: 3, ndev: 2, exp: 2 });
  });

  it('a branch is measured from where it left, whatever the main line has gained', async () => {
    const history = new GitHistory(givenTempDir());
    history.commit({ files: { 'a.ts': lines(5) }, author: 'ada', at: START - 9 * DAY, message: 'Begin' });
    history.git('checkout', '--quiet', '-b', 'feature');
    history.commit({ files: { 'b.ts': lines(2) }, author: 'bob', at: START - 8 * DAY, message: 'Add b' });
    history.git('checkout', '--quiet', 'main');
    history.commit({ files: { 'c.ts': lines(50) }, author: 'ada', at: START, message: 'Add c' });
    for (const range of ['main..feature', 'main...feature']) {
      expect((await measure(history.folder, range)).measures).toMatchObject({ nf: 1, la: 2, ld: 0 });
    }
  });

  it('a moved file keeps its past, and adds no lines by moving', async () => {
    const history = new GitHistory(givenTempDir());
    history.commit({ files: { 'old/file.ts': lines(40) }, author: 'ada', at: START - 30 * DAY, message: 'Begin' });
    history.commit({ files: { 'old/file.ts': lines(41) }, author: 'bob', at: START - 20 * DAY, message: 'Grow' });
    history.commit({ moves: { 'old/file.ts': 'new/name.ts' }, author: 'ada', at: START - 10 * DAY, message: 'Move' });
    const move = await measure(history.folder, 'HEAD');
    expect(move.measures).toMatchObject({
      nf: 1,
      la: 0,
      ld: 0,
      lt: 41,
      entropy: 0,
      movedFiles: 1,
      newFiles: 0,
      nuc: 2,
    });
    history.commit({ files: { 'new/name.ts': lines(42) }, author: 'ada', at: START, message: 'Grow again' });
    const after = await measure(history.folder, 'HEAD');
    expect(after.measures).toMatchObject({ nuc: 3, ndev: 2, age: 10, lt: 41 });
  });

  it('binary files, deleted files, strange names and empty commits are ordinary', async () => {
    const history = new GitHistory(givenTempDir());
    const image = Buffer.from([0, 1, 2, 0, 255, 10, 0]);
    history.commit({
      files: { 'img/logo.png': image, 'häßlich name\twith tab.ts': lines(3), gone: 'no line end' },
      author: 'ada',
      at: START - DAY,
      message: 'Begin',
    });
    history.commit({ author: 'ada', at: START - DAY / 2, message: 'Nothing' });
    history.commit({
      files: { 'img/logo.png': Buffer.from([0, 9]), 'häßlich name\twith tab.ts': lines(4), gone: null },
      author: 'bob',
      at: START,
      message: 'Change all',
    });
    const { measures } = await measure(history.folder, 'HEAD');
    expect(measures).toMatchObject({ nf: 3, la: 1, ld: 1, binaryFiles: 1, ndev: 1, nuc: 1, newFiles: 0, exp: 0 });
    // Text of 3 lines, one line without its end, and an image that holds one line break.
    expect(measures.lt).toBe(3 + 1 + 2);
    expect((await measure(history.folder, 'HEAD~1')).measures).toMatchObject({
      nf: 0,
      la: 0,
      entropy: 0,
      age: 0,
      exp: 1,
    });
  });

  it('people who changed their address are one person by .mailmap', async () => {
    const history = new GitHistory(givenTempDir());
    history.commit({ files: { 'a.ts': lines(1) }, author: 'ada', at: START - DAY, message: 'Begin' });
    history.commit({ files: { 'a.ts': lines(2) }, author: 'ada.new', at: START - DAY, message: 'Grow' });
    history.commit({
      files: { '.mailmap': 'Ada <ada@example.test> <ada.new@example.test>\n', 'a.ts': lines(3) },
      author: 'ada',
      at: START,
      message: 'Say who is who',
    });
    expect((await measure(history.folder, 'HEAD')).measures).toMatchObject({ ndev: 1, exp: 2 });
  });

  it('a shallow clone says what it cannot know, and does not call it zero', async () => {
    const history = new GitHistory(givenTempDir());
    for (let index = 1; index <= 4; index++) {
      history.commit({ files: { 'a.ts': lines(index) }, author: 'ada', at: START + index, message: `Commit ${index}` });
    }
    const clone = join(givenTempDir(), 'clone');
    execFileSync('git', ['clone', '--quiet', '--depth=2', `file://${history.folder}`, clone], { stdio: 'pipe' });
    const shallow = await measure(clone, 'HEAD');
    expect(shallow.measures).toMatchObject({ nf: 1, la: 1, lt: 3, exp: null, ndev: null, age: null, newFiles: null });
    expect(shallow.unknown.join()).toContain('--unshallow');
    await expect(measure(clone, 'HEAD~1')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      remedy: expect.stringContaining('--unshallow') as string,
    });
  });

  it('a folder that is no repository, and names that are no commits, are told apart', async () => {
    await expect(measure(givenTempDir(), 'HEAD')).rejects.toMatchObject({ code: 'INVALID_REPOSITORY' });
    const history = new GitHistory(givenTempDir());
    history.commit({ files: { a: '1' }, author: 'ada', at: START, message: 'Begin' });
    await expect(measure(history.folder, 'nowhere')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(measure(history.folder, '--upload-pack=evil')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(measure(history.folder, 'HEAD..HEAD')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
