import { spawn } from 'node:child_process';

/** What a finished command left behind. */
export interface CommandResult {
  /** Exit status; -1 when it was ended by a signal, by the time limit, or never began. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** True when no such program exists. */
  readonly missing: boolean;
  readonly timedOut: boolean;
}

/** How a command is run beside its arguments. */
export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** After this the command is killed. */
  readonly timeoutMs: number;
}

/** Runs one command to its end and never throws: the port that tests replace. */
export type RunCommand = (command: string, args: readonly string[], options: CommandOptions) => Promise<CommandResult>;

const KEPT_CHARACTERS = 1_000_000;

/** Runs a program without a shell and collects what it writes (the last megabyte of each stream). */
export const runCommand: RunCommand = (command, args, { env, cwd, timeoutMs }) =>
  new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-KEPT_CHARACTERS)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT_CHARACTERS)));
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ code: -1, stdout, stderr: stderr || error.message, missing: error.code === 'ENOENT', timedOut });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, stderr, missing: false, timedOut });
    });
  });

/** The last lines a failed command wrote, short enough for an error message. */
export function lastWords({ stderr, stdout, timedOut }: CommandResult, timeoutMs: number): string {
  if (timedOut) return `no end after ${Math.round(timeoutMs / 1000)} s`;
  const lines = (stderr.trim() || stdout.trim() || 'no output').split('\n');
  return lines.slice(-3).join(' / ').slice(0, 400);
}
