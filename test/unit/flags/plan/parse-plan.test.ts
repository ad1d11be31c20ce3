import fc from 'fast-check';
import { stringify } from 'yaml';
import { ErrorCode, ValidationError } from '../../../../core/errors';
import { findJsonFault } from '../../../../flags/plan/json-fault';
import { parsePlan, type ParseOptions } from '../../../../flags/plan/parse-plan';
import { resolvePlan } from '../../../../flags/plan/resolve-plan';
import { goodPlanFile, SMALLEST_PLAN_FILE } from '../../../support/plan-files';

const problemsOf = (text: string, options: ParseOptions = {}): string[] => {
  try {
    parsePlan(text, { environment: 'production', ...options });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.code).toBe(ErrorCode.InvalidPlan);
    return error.issues.map(({ line, field, message }) => `${line} ${field}: ${message}`);
  }
  return [];
};
const placesOf = (text: string, options: ParseOptions = {}): string[] =>
  problemsOf(text, options).map((problem) => problem.slice(0, problem.indexOf(':')));

const FIVE_LINES = `flag: checkout
candidate: on
environment: production
owner: payments
bake: 30s
`;

describe('a plan in YAML', () => {
  it('of five lines is good', () => {
    const { file, plan } = parsePlan(FIVE_LINES);
    expect(file).toEqual({ ...SMALLEST_PLAN_FILE, owner: 'payments', bake: '30s' });
    expect(plan).toEqual(resolvePlan(file));
    expect(plan.steps.map(({ bakeMs }) => bakeMs)).toEqual([30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('keeps names such as on, and times such as 22:00, as text', () => {
    const { plan } = parsePlan(`${FIVE_LINES}blackouts:\n  - { timeZone: UTC, from: 22:00, to: 06:00 }\n`);
    expect(plan.candidate).toBe('on');
    expect(plan.blackouts[0]).toMatchObject({ from: '22:00', to: '06:00' });
  });

  it('is named with the line and field of every problem', () => {
    const text = [
      '# a comment',
      'flag: checkout',
      'candidate: on',
      'steps:',
      '  - 5',
      '  - weight: 10',
      '    bake: 10',
      '  - 8',
      'colour: red',
      'metrics:',
      '  - name: slow',
      '    kind: slower_than',
      '  - { name: slow,',
      '      kind: error_rate }',
    ].join('\n');
    expect(placesOf(text)).toEqual(['7 steps[1].bake', '9 colour', '11 metrics[0].threshold', '13 metrics[1].name']);
    expect(placesOf(text.replace('bake: 10', 'bake: 10s'))).toContain('9 colour');
  });

  it('is named with the line of what is around a missing field', () => {
    expect(placesOf('\ncandidate: on\nchange:\n  title: x\n')).toEqual(['2 flag', '3 change.id']);
  });

  it.each([
    ['a value that does not end', 'flag: [a\ncandidate: b', '2 '],
    ['a key written twice', 'flag: a\nflag: b', '2 '],
    ['a second document', 'flag: a\n---\nflag: b', '2 '],
    ['an unknown tag', 'flag: a\ncandidate: !secret b', '2 '],
    ['an anchor that is not there', 'flag: a\ncandidate: *b', '2 '],
    ['a list as a key', 'flag: a\n[x]: b', '2 '],
    ['nothing at all', '', '1 '],
    ['text that is no plan', 'hello', '1 '],
  ])('with %s is refused with its line', (_, text, place) => {
    expect(placesOf(text)[0]).toBe(place);
  });

  it('may repeat itself with anchors', () => {
    const { plan } = parsePlan(`${FIVE_LINES}segments: &all [eu]\nchange: { id: &id abc, title: *id }\n`);
    expect(plan.change).toEqual({ id: 'abc', title: 'abc' });
  });
});

describe('a plan in JSON', () => {
  const json = JSON.stringify({ ...SMALLEST_PLAN_FILE, steps: [5, 20] }, null, '\t');

  it('is read in both formats', () => {
    const { file, plan } = parsePlan(json);
    expect(parsePlan(json, { format: 'json' })).toMatchObject({ file, plan });
  });

  it('is named with the line of every problem', () => {
    expect(placesOf(json.replace('20', '2'), { format: 'json' })).toEqual(['7 steps[1]']);
  });

  it('is not taken for YAML', () => {
    expect(placesOf(FIVE_LINES, { format: 'json' })).toEqual(['1 ']);
    expect(problemsOf('{\n"flag": "a",\n"candidate" "on"\n}', { format: 'json' })[0]).toBe(
      '3 : not JSON: "on" where \':\' belongs',
    );
    expect(placesOf('{\n"flag": "a",\n"flag": "b"\n}', { format: 'json' })).toEqual(['3 ']);
  });

  it.each([
    ['{\n"a": }', '2 : not JSON: } where a value belongs'],
    ['[1,\n]', '2 : not JSON: ] where a value belongs'],
    ['{"a": 1\n"b": 2}', '2 : not JSON: "b" where \',\' or the end of what is open belongs'],
    ['{"a": 1,\n}', '2 : not JSON: } where a field name belongs'],
    ['{"a":\n [1}', "2 : not JSON: } where ',' or the end of what is open belongs"],
    ["{\n'a': 1}", "2 : not JSON: 'a': 1} where a field name or '}' belongs"],
    ['{"a": 1}\n\n{}', '3 : not JSON: { where nothing more belongs'],
    ['{"a": 1,\n', '2 : not JSON: the text ends where a field name belongs'],
    ['{"a":\n 01}', "2 : not JSON: 1 where ',' or the end of what is open belongs"],
  ])('is named with the line where %j stops being JSON', (text, problem) => {
    expect(problemsOf(text, { format: 'json' })).toEqual([problem]);
  });

  it('and its fault finder agree with the parser on what is JSON', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', 'null', ' ');
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(token, { maxLength: 9 }).map((parts) => parts.join('')),
          fc.json(),
        ),
        (text) => {
          expect(findJsonFault(text) === null).toBe(isJson(text));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('a hostile text', () => {
  const aliases = [
    'a: &a [1,2,3,4,5,6,7,8,9]',
    ...'bcdefg'.split('').map((key, at) => {
      const before = `*${'abcdefg'[at] ?? ''}`;
      return `${key}: &${key} [${Array.from({ length: 9 }, () => before).join(',')}]`;
    }),
  ].join('\n');

  it.each([
    ['brackets', '['.repeat(50_000)],
    ['braces', '{"a":'.repeat(15_000)],
    ['lists in one line', '- '.repeat(40_000)],
    ['keys that are maps', '? '.repeat(40)],
    ['aliases that multiply', aliases],
    ['blanks', ' '.repeat(200_000)],
  ])('of many %s is refused', (_, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
    expect(problemsOf(text, { format: 'json' }).length).toBeGreaterThan(0);
  });

  it('of any kind is read or refused, never broken on', () => {
    const fragment = fc.constantFrom(
      'flag',
      ': ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      '*a',
      '&a ',
      '? ',
      '5',
      '!!x ',
      '|\n',
      '#',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), fc.constantFrom('yaml', 'json'), (parts, format) => {
        expect(() => problemsOf(parts.join(''), { format })).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

it('a plan means the same in YAML, in JSON and as a value', () => {
  fc.assert(
    fc.property(goodPlanFile, (file) => {
      const plan = resolvePlan(file);
      expect(parsePlan(stringify(file))).toMatchObject({ file, plan });
      expect(parsePlan(JSON.stringify(file), { format: 'json' })).toMatchObject({ file, plan });
    }),
    { numRuns: 100 },
  );
});
