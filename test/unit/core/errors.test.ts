import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorCode, HeadgateError, messageOf, ValidationError } from '../../../core/errors';
import { statusOf } from '../../../server/http/problem';

const page = readFileSync(join(__dirname, '../../../docs/reference/errors.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| `[A-Z_]+` \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, code = '', status = '', again = '', cause = '', remedy = '']) => ({
    code: code.replaceAll('`', ''),
    status,
    again,
    cause,
    remedy,
  }));

/** What the page writes for a status: codes that no route answers with have none. */
function writtenStatus(code: ErrorCode): string {
  const status = statusOf(code);
  return status === 500 && code !== ErrorCode.Internal ? '–' : String(status);
}

describe('docs/reference/errors.md', () => {
  it('lists every code once, and no other', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual(Object.values(ErrorCode).sort());
  });

  it.each(Object.values(ErrorCode))(
    'says for %s which status it has, whether to repeat, its cause and remedy',
    (code) => {
      const { status = '', again = '', cause = '', remedy = '' } = rows.find((row) => row.code === code) ?? {};
      expect(status).toBe(writtenStatus(code));
      expect(again).toMatch(/^(yes|no|sometimes)$/);
      expect([cause.at(-1), remedy.at(-1)]).toEqual(['.', '.']);
    },
  );
});

describe('errors', () => {
  it('are not retryable unless they say so, and keep what is underneath', () => {
    const cause = new Error('underneath');
    const error = new HeadgateError(ErrorCode.Internal, 'a bug', { cause });
    expect(error).toMatchObject({ code: 'INTERNAL', retryable: false, cause });
    expect(new HeadgateError(ErrorCode.TimedOut, 'late', { retryable: true }).retryable).toBe(true);
  });

  it('of a document name line and field of every problem', () => {
    const issues = [
      { field: 'steps[1].weight', line: 7, message: 'is missing' },
      { field: '', message: 'is empty' },
    ];
    const error = new ValidationError(ErrorCode.InvalidPlan, 'the plan', issues);
    expect(error.message).toBe('the plan is not valid: line 7: steps[1].weight: is missing; is empty');
    expect(error.details).toEqual({ issues });
  });

  it('have a message whatever was thrown', () => {
    expect([messageOf(new Error('one')), messageOf('two'), messageOf(3)]).toEqual(['one', 'two', '3']);
  });
});
