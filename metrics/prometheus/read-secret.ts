import { readFile } from 'node:fs/promises';
import type { PrometheusSourceConfig, SecretReference } from './source-config';

/**
 * The value of the Authorization header, or null when the source wants none. Read anew each time, so that a rotated
 * secret is used at the next look.
 *
 * @throws {Error} when the secret is not where the configuration says; the message names the place alone
 */
export async function readAuthorization(
  { bearerToken, basic }: PrometheusSourceConfig,
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (bearerToken !== undefined) return `Bearer ${await readSecret(bearerToken, environment)}`;
  if (basic === undefined) return null;
  const pair = `${basic.username}:${await readSecret(basic.password, environment)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

async function readSecret({ file, env }: SecretReference, environment: NodeJS.ProcessEnv): Promise<string> {
  const text = file === undefined ? environment[env ?? ''] : await readFile(file, 'utf8').catch(() => undefined);
  // Files are written by editors and mounts that end them with a line break.
  const secret = text?.trim() ?? '';
  if (secret === '') throw new Error(file === undefined ? `${env} is not set` : `${file} cannot be read or is empty`);
  if (/[^\x20-\x7e]/.test(secret)) throw new Error(`${file ?? env} holds characters that no header can carry`);
  return secret;
}
