import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { testGranger, type GrangerVerdict } from '../../../../ml/causality/granger-test';
import { sharedData } from '../../../support/shared-data';

const FTest = z.object({ stat: z.number(), p: z.number(), df: z.tuple([z.number(), z.number()]) });
const Direction = z.object({
  lags: z.record(z.string(), z.object({ ssr_ftest: FTest })).optional(),
  toda_yamamoto: z
    .object({ p: z.number(), d_max: z.number(), wald_chi2: z.number(), p_value: z.number(), F: z.number() })
    .partial(),
});
const Golden = z.object({
  kind: z.string(),
  maxlag_requested: z.number(),
  directions: z.object({ x_causes_y: Direction, y_causes_x: Direction }),
  conditional_on_z_x_causes_y: z.record(z.string(), z.object({ F: z.number(), p: z.number() })).optional(),
});

/** The verdicts expected of both directions, for the kinds at hand. */
const EXPECTED: Record<string, readonly [GrangerVerdict, GrangerVerdict]> = {
  causal_lag1: ['causal', 'no_evidence'],
  causal_lag3: ['causal', 'no_evidence'],
  none: ['no_evidence', 'no_evidence'],
  reverse: ['no_evidence', 'causal'],
  common_driver: ['causal', 'no_evidence'],
  nonstationary_independent: ['no_evidence', 'no_evidence'],
  short: ['not_testable', 'not_testable'],
  constant: ['not_testable', 'not_testable'],
};

const folder = sharedData('granger-golden');
const names = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));

function read(name: string): { golden: z.infer<typeof Golden>; series: Map<string, number[]> } {
  const text = (file: string): string => readFileSync(join(folder ?? '', file), 'utf8');
  const [header = '', ...rows] = text(name.replace('.json', '.csv')).trim().split('\n');
  const series = header
    .split(',')
    .map((column, index): [string, number[]] => [column, rows.map((row) => Number(row.split(',')[index]))]);
  return { golden: Golden.parse(JSON.parse(text(name))), series: new Map(series) };
}

const off = (a: number, b: number): number => Math.abs(a - b) / Math.abs(b);

// The same tests on our own reference values always run: reference.test.ts.
(names.length === 0 ? describe.skip : describe)('the shared golden series', () => {
  it.each(names)('%s', (name) => {
    const { golden, series } = read(name);
    const [x = [], y = [], z] = ['x', 'y', 'z'].map((column) => series.get(column));
    const maxLag = golden.maxlag_requested;
    const answers = [testGranger({ cause: x, effect: y, maxLag }), testGranger({ cause: y, effect: x, maxLag })];
    const directions = [golden.directions.x_causes_y, golden.directions.y_causes_x];
    expect(answers.map(({ verdict }) => verdict)).toEqual(EXPECTED[golden.kind]);
    for (const [index, { lags, toda_yamamoto: wanted }] of directions.entries()) {
      const answer = answers[index];
      for (const [lag, { ssr_ftest: f }] of Object.entries(lags ?? {})) {
        const test = answer?.lags[Number(lag) - 1];
        if (test?.testable !== true) throw new Error(`lag ${lag} should be testable`);
        expect([test.dfNumerator, test.dfDenominator]).toEqual(f.df);
        expect(off(test.f, f.stat)).toBeLessThan(1e-8);
        expect(off(test.p, f.p)).toBeLessThan(1e-6);
      }
      if (wanted.F === undefined) continue;
      const test = answer?.todaYamamoto;
      if (test?.testable !== true) throw new Error('Toda-Yamamoto should be testable');
      expect([test.lag, test.extraLags]).toEqual([wanted.p, wanted.d_max]);
      expect(off(test.f, wanted.F)).toBeLessThan(1e-8);
      expect(off(test.waldP, wanted.p_value ?? 0)).toBeLessThan(1e-6);
    }
    if (z === undefined) return;
    const conditional = testGranger({ cause: x, effect: y, given: [z], maxLag });
    expect(conditional.verdict).toBe('no_evidence');
    for (const [lag, wanted] of Object.entries(golden.conditional_on_z_x_causes_y ?? {})) {
      const test = conditional.lags[Number(lag) - 1];
      if (test?.testable !== true) throw new Error(`lag ${lag} should be testable`);
      expect(off(test.f, wanted.F)).toBeLessThan(1e-8);
      expect(off(test.p, wanted.p)).toBeLessThan(1e-6);
    }
  });

  it('has the eight kinds', () => expect(names).toHaveLength(8));
});
