import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './profile';

/** File of the key in a data folder. */
export const SIGNING_KEY = 'signing-key';

/** The key that server and workers share, made once for a data folder and kept where its owner alone can read it. */
export function signingKeyOf(dataDir: string): string {
  const file = join(dataDir, SIGNING_KEY);
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key.length >= 32) return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32).toString('hex');
  writePrivateFile(file, `${key}\n`);
  return key;
}
