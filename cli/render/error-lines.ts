import { HeadgateError, messageOf, ValidationError } from '../../core/errors';
import type { ExitCode } from '../exit-codes';
import type { Style } from './style';
import { clean } from './text';

/**
 * An error for people: what is wrong, one line for each fault of a document, and what to do about it.
 *
 * @param debug - adds the stack and those of its causes
 */
export function errorLines(error: unknown, style: Style, debug: boolean): string[] {
  const lines = [`${style.red('error:')} ${headOf(error)}`];
  if (error instanceof ValidationError) {
    for (const { field, line, message } of error.issues) {
      const where = [line === undefined ? '' : `line ${line}`, clean(field)].filter((part) => part !== '').join(', ');
      lines.push(`  ${where === '' ? '' : `${where}: `}${clean(message)}`);
    }
  }
  if (error instanceof HeadgateError && error.remedy !== undefined) lines.push(clean(error.remedy));
  if (debug) lines.push(...stacks(error));
  return lines;
}

/** The same for programs. */
export function errorJson(error: unknown, exitCode: ExitCode): string {
  const known = error instanceof HeadgateError ? error : undefined;
  const body = {
    code: known?.code ?? 'INTERNAL',
    message: messageOf(error),
    remedy: known?.remedy,
    details: known?.details,
    exitCode,
  };
  return JSON.stringify({ error: body });
}

function headOf(error: unknown): string {
  const message = clean(messageOf(error));
  // The faults follow, one a line.
  if (error instanceof ValidationError) return message.slice(0, message.indexOf(' is not valid') + 13);
  return message;
}

function stacks(error: unknown): string[] {
  const lines: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause)
    lines.push(...(each.stack ?? '').split('\n'));
  return lines;
}
