import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findReferences, MAX_FILE_BYTES } from '../../../../cli/source/find-references';
import { KeyFinder } from '../../../../cli/source/key-finder';
import { listSourceFiles } from '../../../../cli/source/list-source-files';
import { GitHistory } from '../../../support/git-history';
import { givenTempDir } from '../../../support/temp-dir';

function givenFiles(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = givenTempDir();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function found(folder: string, keys = ['checkout', 'pay', 'pay.v2', 'pay-later'], wanted = keys) {
  const result = await findReferences(folder, listSourceFiles(folder), keys, new Set(wanted));
  const places = [...result.byKey].flatMap(([key, list]) => list.map(({ file, line }) => `${key} ${file}:${line}`));
  return { ...result, places: places.sort() };
}

describe('references of flags', () => {
  it.each([
    ["client.get('checkout', false)", ['checkout']],
    ['flags.checkout.enabled', ['checkout']],
    ['flag: checkout', ['checkout']],
    ['checkoutFlow(); my_checkout; re-checkout; checkout2', []],
    ['pay-later and pay.v2', ['pay-later', 'pay.v2']],
    ['Pay. pay.', ['pay']],
    ['pay.v2.pay', ['pay.v2', 'pay']],
    ['схема.checkout·', ['checkout']],
  ])('are words of their own: %s', (text, keys) => {
    expect([...new KeyFinder(['checkout', 'pay', 'pay.v2', 'pay-later']).find(text)]).toEqual(keys);
  });

  it('come with file and line, over what is no text, too large or somebody else’s', async () => {
    const folder = givenFiles({
      'src/a.ts': "one\nget('checkout') + get('checkout')\r\nget('pay')",
      'src/image.png': Buffer.from("\0'checkout'"),
      'src/large.json': `${' '.repeat(MAX_FILE_BYTES)}checkout`,
      'node_modules/x/index.js': "get('checkout')",
    });
    symlinkSync(join(folder, 'src/a.ts'), join(folder, 'link.ts'));
    const { places, files, tooLarge } = await found(folder);
    expect({ places, files, tooLarge }).toEqual({
      places: ['checkout src/a.ts:2', 'pay src/a.ts:3'],
      files: 1,
      tooLarge: ['src/large.json'],
    });
  });

  it('leave out what git ignores, and take what is not yet tracked, also from a folder within', async () => {
    const folder = givenFiles({ '.gitignore': 'built/\n' });
    const files = { 'app/a.ts': "'checkout'", 'app/ä ö.ts': "'pay'", 'gone.ts': "'checkout'" };
    const history = new GitHistory(folder);
    history.commit({ files, author: 'ada', at: 1_700_000_000, message: 'one' });
    history.commit({ files: { 'gone.ts': null }, author: 'ada', at: 1_700_000_001, message: 'two' });
    for (const [path, text] of Object.entries({ 'built/x.js': "'checkout'", 'app/new.ts': "'checkout'" })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    expect((await found(folder)).places).toEqual(['checkout app/a.ts:1', 'checkout app/new.ts:1', 'pay app/ä ö.ts:1']);
    expect((await found(join(folder, 'app'), ['checkout'])).places).toEqual(['checkout a.ts:1', 'checkout new.ts:1']);
  });

  it('are told from those of longer keys even when only the shorter is wanted', async () => {
    const folder = givenFiles({ 'a.ts': "'pay.v2'\n'pay'" });
    expect((await found(folder, ['pay', 'pay.v2'], ['pay'])).places).toEqual(['pay a.ts:2']);
  });
});
