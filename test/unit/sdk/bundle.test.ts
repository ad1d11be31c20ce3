import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

it('bundles into one small file without zod, database driver or Temporal', async () => {
  const root = join(__dirname, '../../..');
  const { metafile, outputFiles } = await build({
    entryPoints: [join(root, 'sdk/src/index.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    minifyWhitespace: true,
    minifySyntax: true,
    external: ['@openfeature/server-sdk', 're2js'],
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((input) => !/^(sdk\/src|core|flags\/evaluator)\//.test(input))).toEqual([]);
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(30_000);
});
