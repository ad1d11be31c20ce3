import fc from 'fast-check';
import { grangerEdges } from '../../../../ml/causality/granger-edges';
import { testGranger } from '../../../../ml/causality/granger-test';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { normals, randomWalk, steppedPair } from '../../../support/series-builders';

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed + 1);

/** x drives y one observation later. */
function drivenPair(seed: number, length: number, coupling: number): { x: number[]; y: number[] } {
  const noise = normals(mulberry32(seed), 2 * length);
  const x = noise.slice(0, length);
  const y = noise.slice(length).map((value, t) => value + (t > 0 ? coupling * (x[t - 1] as number) : 0));
  return { x, y };
}

function expectNoNaN(value: unknown): void {
  if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectNoNaN);
}

describe('false edges', () => {
  it('are rarer than alpha between independent random walks', () => {
    const found = seeds(50).filter((seed) => {
      const rng = mulberry32(seed);
      return testGranger({ cause: randomWalk(rng, 120), effect: randomWalk(rng, 120), maxLag: 3 }).verdict === 'causal';
    });
    // 50 draws of 5 % exceed this in under 1 % of cases.
    expect(found.length).toBeLessThanOrEqual(7);
  });

  it('do not come from a step that two series share', () => {
    const answers = seeds(12).map((seed) => {
      const { first, second } = steppedPair(mulberry32(seed), 160);
      return [
        testGranger({ cause: first, effect: second, maxLag: 3 }),
        testGranger({ cause: second, effect: first, maxLag: 3 }),
      ] as const;
    });
    expect(answers.filter(([, back]) => back.verdict === 'causal').length).toBeLessThanOrEqual(2);
    expect(answers.filter(([forth]) => forth.verdict === 'causal').length).toBe(12);
  });

  it('are held over many pairs', () => {
    const rng = mulberry32(5);
    const names = Array.from({ length: 6 }, (_, index) => `s${index}`);
    const series = new Map(names.map((name) => [name, normals(rng, 120)]));
    const { x, y } = drivenPair(8, 120, 0.8);
    series.set('x', x).set('y', y);
    const all = [...series.keys()];
    const edges = all.flatMap((cause) => all.filter((each) => each !== cause).map((effect) => ({ cause, effect })));
    const found = grangerEdges(series, edges, { maxLag: 2, control: 'by' }).filter(
      ({ answer }) => answer.verdict === 'causal',
    );
    expect(found.map(({ cause, effect }) => `${cause}→${effect}`)).toEqual(['x→y']);
  });
});

describe('what cannot be tested', () => {
  const { x, y } = drivenPair(1, 100, 0.5);

  it.each([
    ['short series', x.slice(0, 20), y.slice(0, 20), 'too_few_rows'],
    ['no series', [], [], 'too_few_rows'],
    ['a constant effect', x, y.map(() => 4.2), 'constant'],
    ['a constant cause', x.map(() => -1e9), y, 'constant'],
    ['a multiple', x, x.map((value) => 3 - 2 * value), 'collinear'],
    ['only gaps', x.map(() => Number.NaN), y, 'constant'],
    ['a copy one step later', x, [0, ...x.slice(0, -1)], 'perfect_fit', 1],
  ])('is told: %s', (_, cause, effect, reason, maxLag = 3) => {
    const answer = testGranger({ cause, effect, maxLag });
    expect(answer).toMatchObject({ verdict: 'not_testable', reason, p: null });
    expectNoNaN(answer);
  });

  it('is never told by NaN, whatever the numbers', () => {
    const value = fc.oneof(fc.double({ min: -1e300, max: 1e300 }), fc.constantFrom(0, 1, 1e-300, Number.NaN, 1e15));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { maxLength: 60 }), (rows) => {
        expectNoNaN(testGranger({ cause: rows.map(([a]) => a), effect: rows.map(([, b]) => b), maxLag: 3 }));
      }),
      { numRuns: 30, seed: 4 },
    );
  });
});

describe('the test', () => {
  it('does not change with unit and origin of the series', () => {
    const { x, y } = drivenPair(3, 100, 0.3);
    const plain = testGranger({ cause: x, effect: y, maxLag: 3 });
    const moved = testGranger({
      cause: x.map((value) => 1e6 * value + 1e9),
      effect: y.map((value) => -1e-6 * value),
      maxLag: 3,
    });
    expect(moved.verdict).toBe(plain.verdict);
    expect(Math.abs((moved.p ?? 0) / (plain.p ?? 1) - 1)).toBeLessThan(1e-4);
  });

  it('leaves rows with a gap out and keeps lags in place', () => {
    const { x, y } = drivenPair(3, 200, 0.6);
    const holed = y.map((value, t) => (t % 20 === 7 ? Number.NaN : value));
    const answer = testGranger({ cause: x, effect: holed, maxLag: 1 });
    expect(answer.verdict).toBe('causal');
    // Each of the ten gaps takes the row it would explain and the one it would help to explain.
    expect(answer.lags[0]?.rows).toBe(199 - 20);
  });

  it('loses an edge that a given driver explains', () => {
    const z = normals(mulberry32(9), 220);
    const noise = normals(mulberry32(10), 440);
    const x = z.map((_, t) => (z[t - 1] ?? 0) + 0.3 * (noise[t] as number));
    const y = z.map((_, t) => (z[t - 2] ?? 0) + 0.3 * (noise[220 + t] as number));
    expect(testGranger({ cause: x, effect: y }).verdict).toBe('causal');
    expect(testGranger({ cause: x, effect: y, given: [z] }).verdict).toBe('no_evidence');
  });

  it('takes a given trend for one column, however many lags it has', () => {
    const { x, y } = drivenPair(4, 120, 0.5);
    const trend = x.map((_, t) => t);
    const answer = testGranger({ cause: x, effect: y, given: [trend, x.map(() => 3)], maxLag: 3 });
    expect(answer.lags.map((test) => test.testable && test.dfDenominator)).toEqual([115, 112, 109]);
    expect(answer.verdict).toBe('causal');
  });

  it('can allow for noise of changing strength', () => {
    // The cause moves the noise of the effect and not its level: plain F takes that for an effect too often.
    const found = { plain: 0, robust: 0 };
    for (const seed of seeds(80)) {
      const noise = normals(mulberry32(seed), 240);
      const x = noise.slice(0, 120).map((value) => value ** 3);
      const y = noise.slice(120).map((value, t) => value * (0.2 + Math.abs(x[t - 1] ?? 0)));
      const answer = testGranger({ cause: x, effect: y, maxLag: 1, robust: true });
      if (answer.lags.some((test) => test.testable && test.p < 0.05)) found.plain++;
      if (answer.verdict === 'causal') found.robust++;
    }
    expect(found.plain).toBeGreaterThan(24);
    expect(found.robust).toBeLessThan(12);
  });
});
