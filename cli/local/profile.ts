import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How commands on this machine reach the installation that `headgate up` has started. */
export interface Profile {
  readonly url: string;
  readonly token?: string;
}

const PROFILE = 'connection.json';

/** The profile kept in a data folder; undefined when there is none, or none that can be read. */
export function readProfile(dataDir: string): Profile | undefined {
  try {
    const { url, token } = JSON.parse(readFileSync(join(dataDir, PROFILE), 'utf8')) as Partial<Profile>;
    if (typeof url !== 'string') return undefined;
    return typeof token === 'string' ? { url, token } : { url };
  } catch {
    return undefined;
  }
}

/** Keeps the profile where its owner alone can read it. */
export function writeProfile(dataDir: string, profile: Profile): void {
  writePrivateFile(join(dataDir, PROFILE), `${JSON.stringify(profile, null, 2)}\n`);
}

/** Forgets the profile. */
export function removeProfile(dataDir: string): void {
  rmSync(join(dataDir, PROFILE), { force: true });
}

/** Writes a file of mode 0600 whole, so that nobody reads half of it or reads it before its mode is set. */
export function writePrivateFile(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  const staged = `${file}.${process.pid}`;
  rmSync(staged, { force: true });
  writeFileSync(staged, text, { mode: 0o600, flag: 'wx' });
  renameSync(staged, file);
}
