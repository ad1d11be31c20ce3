// Builds the package: one file with core and the evaluator inside, its types beside it. Ends with an error when something that does not
// belong in a service (zod, a database driver, Temporal) got in, or when it has grown past its bound.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_COMPRESSED_BYTES = 30_000;
const FOREIGN = /node_modules\/(zod|mongodb|bson|fastify|@temporalio)\//;

const sdk = dirname(fileURLToPath(import.meta.url));
const root = resolve(sdk, '..');
const out = join(sdk, 'dist');
rmSync(out, { recursive: true, force: true });

const outfile = join(out, 'index.js');
const { metafile } = await build({
  entryPoints: { index: join(sdk, 'src/index.ts'), opentelemetry: join(sdk, 'src/opentelemetry/index.ts') },
  outdir: out,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  // The engine of regular expressions is larger than the provider, and loaded only where a flag has one.
  external: ['@openfeature/server-sdk', '@opentelemetry/api', 're2js'],
  metafile: true,
});
const inputs = Object.keys(metafile.inputs);
const foreign = inputs.filter((input) => FOREIGN.test(input));
if (foreign.length > 0) throw new Error(`these do not belong in the package: ${foreign.join(', ')}`);

copyTypes();

const bytes = readFileSync(outfile);
const compressed = gzipSync(bytes).length;
console.log(`${relative(root, outfile)}: ${inputs.length} files, ${bytes.length} bytes, ${compressed} compressed`);
if (compressed > MAX_COMPRESSED_BYTES) throw new Error(`more than ${MAX_COMPRESSED_BYTES} bytes compressed`);

/** Emits declarations and keeps those that the entry point reaches, so that a consumer needs no zod to check types. */
function copyTypes() {
  const types = join(out, 'types');
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--incremental', 'false'];
  const emitted = join(root, 'node_modules/.cache/sdk-types');
  rmSync(emitted, { recursive: true, force: true });
  const config = join(sdk, 'tsconfig.json');
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', config, ...options, '--outDir', emitted],
    {
      stdio: 'inherit',
    },
  );
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(file, 'utf8');
    if (/from ['"](zod|mongodb|@temporalio)/.test(text))
      throw new Error(`${relative(emitted, file)} needs types of others`);
    for (const [, target] of text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)) {
      visit(`${resolve(dirname(file), target)}.d.ts`);
    }
    const copy = join(types, relative(emitted, file));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(file, copy);
  };
  for (const entry of ['index', 'opentelemetry/index']) visit(join(emitted, `sdk/src/${entry}.d.ts`));
}
