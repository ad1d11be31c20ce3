import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

const Figures = z.object({
  auc: z.number(),
  prAuc: z.number(),
  brier: z.number(),
  ece: z.number(),
  linesAddedAuc: z.number().nullable(),
  seconds: z.number(),
});

/** Figures of scikit-learn's forest of 300 trees, at least 5 rows a leaf, on one set; and of its lines added alone. */
export type PeerFigures = z.infer<typeof Figures>;

/**
 * AUCs as measured with scikit-learn 1.9.1 by scikit_learn.py beside this file, for machines without it: [forest, lines
 * added].
 */
const MEASURED: Readonly<Record<string, readonly [number, number]>> = {
  'apachejit/apachejit_2017_2019_small': [0.8408, 0.8222],
  'issta21/gerrit': [0.7465, 0.7495],
  'issta21/go': [0.7462, 0.6831],
  'issta21/jdt': [0.7191, 0.6757],
  'issta21/platform': [0.8151, 0.7461],
  'issta21/qt': [0.7514, 0.7438],
  'kamei/bugzilla': [0.8453, 0.6753],
  'kamei/jdt': [0.7629, 0.6078],
  'kamei/postgres': [0.8446, 0.5888],
};

/** Python with scikit-learn, when there is one: PYTHON, or python3 on the path. */
export function findPython(): string | undefined {
  return [process.env['PYTHON'], 'python3']
    .filter((name) => name !== undefined)
    .find((name) => spawnSync(name, ['-c', 'import sklearn']).status === 0);
}

/** Runs the peer on a set; where there is no Python, the figures measured once; undefined for a set that was not. */
export function peerFigures(python: string | undefined, name: string, path: string): Partial<PeerFigures> | undefined {
  if (python === undefined) {
    const [auc, linesAddedAuc] = MEASURED[name] ?? [];
    return auc === undefined ? undefined : { auc, linesAddedAuc };
  }
  const run = spawnSync(python, [join(__dirname, 'scikit_learn.py'), path], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`scikit_learn.py failed on ${path}: ${run.stderr}`);
  return Figures.parse(JSON.parse(run.stdout));
}
