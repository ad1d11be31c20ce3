import { createHash } from 'node:crypto';
import { areaUnderRoc } from '../../../../ml/evaluation/auc';
import { calibrationError } from '../../../../ml/evaluation/reliability';
import { logOddsOf } from '../../../../ml/models/logit';
import { balancedWeights } from '../../../../ml/prediction/balanced-weights';
import { crossValidate } from '../../../../ml/prediction/cross-validate';
import { defaultPredictor } from '../../../../ml/prediction/default-predictor';
import { measure } from '../../../../ml/prediction/evaluate-predictor';
import { permutationImportance } from '../../../../ml/prediction/importance';
import { loadPredictor } from '../../../../ml/prediction/load-predictor';
import { rebase } from '../../../../ml/prediction/rebase';
import { trainPredictor, type TrainingInput } from '../../../../ml/prediction/train-predictor';
import { rowOf, sliceTable } from '../../../../ml/tables/table';
import { givenChanges } from '../../../support/change-rows';

const ROWS = 2000;
const CUT = 1600;
const { table, labels, times } = givenChanges(ROWS);
const later = sliceTable(table, CUT, ROWS);
const ends = labels.subarray(CUT);

function given(rows: number, extra: Partial<TrainingInput> = {}): TrainingInput {
  return {
    table: sliceTable(table, 0, rows),
    labels: labels.subarray(0, rows),
    times: times.subarray(0, rows),
    kind: 'auto',
    seed: 3,
    ...extra,
  };
}

describe('a predictor', () => {
  const predictor = trainPredictor(given(CUT));
  const probabilities = predictor.predictAll(later);

  it('ranks and calibrates on later rows', () => {
    expect(areaUnderRoc(probabilities, ends)).toBeGreaterThan(0.64);
    expect(calibrationError(probabilities, ends)).toBeLessThan(0.08);
    expect(predictor.json.calibration).toMatchObject({ method: 'platt', fittedOn: 'latest', rows: 160 });
  });

  it('is calibrated on rows that train nothing else', () => {
    const turned = given(CUT, {
      labels: labels.slice(0, CUT).map((label, row) => (row < CUT * 0.9 ? label : 1 - label)),
    });
    expect(trainPredictor(turned).json.members).toEqual(predictor.json.members);
  });

  it.each(['platt', 'isotonic'] as const)(
    'takes a decline that is expected off every %s probability',
    (calibration) => {
      const [plain, declined] = [0, 0.3].map((decline) =>
        trainPredictor(given(CUT, { kind: 'logistic', calibration, decline })),
      );
      const row = rowOf(later, 7);
      expect(logOddsOf(plain!.predict(row)) - logOddsOf(declined!.predict(row))).toBeCloseTo(0.3, 2);
      expect(declined!.json.calibration.decline).toBe(0.3);
    },
  );

  it('is the same on every machine', () => {
    const text = JSON.stringify(trainPredictor(given(600)));
    expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe('9601c6b62cf7fd93');
  });

  it('learns nothing from rows after its own', () => {
    // The same rows out of a longer history.
    const longer = givenChanges(CUT + 50);
    const again = given(CUT, { table: sliceTable(longer.table, 0, CUT), labels: longer.labels.subarray(0, CUT) });
    expect(JSON.stringify(trainPredictor(again))).toBe(JSON.stringify(predictor));
  });

  it('predicts the same once stored, alone and in a batch', () => {
    const loaded = loadPredictor(JSON.parse(JSON.stringify(predictor)));
    for (let row = 0; row < 200; row++) expect(loaded.predict(rowOf(later, row))).toBe(probabilities[row]);
  });

  it('gives contributions that add up', () => {
    const row = Float64Array.from([390, 2, 0.5, 4]);
    const typical = Float64Array.from(predictor.json.support, ({ typical: value }) => value ?? Number.NaN);
    const contributions = predictor.contributions(row);
    const sum = contributions.reduce((total, { logOdds }) => total + logOdds, 0);
    expect(sum).toBeCloseTo(logOddsOf(predictor.predict(row)) - logOddsOf(predictor.predict(typical)), 9);
    expect([...contributions].sort((a, b) => b.logOdds - a.logOdds)[0]?.feature).toBe('size');
  });

  it('abstains outside of what it has seen, and says so', () => {
    const risky = { size: 390, skill: 1, noise: 0.5, gaps: 4 };
    const near = predictor.score(risky);
    const far = predictor.score({ ...risky, noise: 9e9 });
    expect(near.outOfDistribution).toEqual([]);
    expect(far.outOfDistribution).toEqual(['noise']);
    expect(far.caveats.join()).toContain('noise');
    const { prior } = predictor.json;
    expect(Math.abs(far.probability - prior)).toBeLessThan(Math.abs(near.probability - prior));
    // Missing is unfamiliar only where nothing was missing in training.
    expect(predictor.score({ size: 390, skill: 1, noise: 0.5 }).outOfDistribution).toEqual([]);
    expect(predictor.score({ skill: 1, noise: 0.5 }).outOfDistribution).toEqual(['size']);
    expect(predictor.score({}).probability).toBeCloseTo(prior, 1);
  });

  it('ranks a score among those it was calibrated on', () => {
    expect(predictor.score({ size: 399, skill: 0, noise: 0.5, gaps: 1 }).rank).toBeGreaterThan(0.9);
    expect(predictor.score({ size: 0, skill: 49, noise: 0.5, gaps: 1 }).rank).toBeLessThan(0.3);
  });

  it('knows which features it leans on', () => {
    const importance = permutationImportance(predictor, later, ends, 1);
    expect(importance[0]?.feature).toBe('size');
    expect(importance.find(({ feature }) => feature === 'noise')?.aucLoss).toBeLessThan(0.01);
  });

  it('is measured with intervals that hold the figures', () => {
    const figures = measure(probabilities, ends, later.columns[0] ?? null, 1, 50);
    expect(figures.auc.value).toBe(areaUnderRoc(probabilities, ends));
    for (const { low, value, high } of [figures.auc, figures.prAuc, figures.brier]) {
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
  });
});

describe('training on little', () => {
  it('answers the base rate with too few failures, and says so', () => {
    const few = trainPredictor(given(40, { labels: labels.slice(0, 40).map((_, row) => (row < 5 ? 1 : 0)) }));
    expect(few.json.kind).toBe('prior');
    const score = few.score({ size: 399, skill: 0, noise: 0.5, gaps: 1 });
    expect(score.probability).toBeCloseTo(6 / 42, 9);
    expect(score.caveats.join()).toContain('too few');
    expect(few.predictAll(later)[0]).toBe(score.probability);
  });

  it('widens towards the base rate, calibrates out of fold and says so', () => {
    const small = trainPredictor(given(150));
    expect(small.json.calibration.fittedOn).toBe('out_of_fold');
    expect(small.json.trust).toBeLessThan(1);
    expect(small.score({ size: 100, skill: 20, noise: 0.5, gaps: 1 }).caveats.join()).toContain('few');
  });

  it.each([0, 1])('lives through labels that are all %i', (label) => {
    const one = trainPredictor(given(200, { labels: new Float64Array(200).fill(label) }));
    expect(one.json.kind).toBe('prior');
    expect(Math.abs(one.predict([1, 1, 1, 1]) - label)).toBeLessThan(0.01);
  });

  it('brings the base rate back after rare failures were weighted up', () => {
    const weights = balancedWeights(labels.subarray(0, CUT));
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(CUT, 6);
    const balanced = trainPredictor(given(CUT, { weights, kind: 'forest' }));
    const mean = balanced.predictAll(later).reduce((sum, each) => sum + each, 0) / later.rows;
    expect(mean).toBeCloseTo(ends.reduce((sum, end) => sum + end, 0) / later.rows, 1);
  });
});

describe('time-ordered validation', () => {
  it('tells a model that sees a break of time from one of the past alone', () => {
    // Before the break size says nothing, so no model may know better in the first block after it.
    const { table: fresh, labels: ended } = givenChanges(1200, 5);
    const broken = ended.map((label, row) => (row < 600 ? row % 2 : label));
    const [benchmark] = crossValidate({ table: fresh, labels: broken, times: null, seed: 1 }, ['forest'], 4);
    const [, second, third] = benchmark?.folds ?? [];
    expect(benchmark?.folds.map(({ trainingRows }) => trainingRows)).toEqual([300, 600, 900]);
    expect(second?.auc).toBeLessThan(0.6);
    expect(third?.auc).toBeGreaterThan(second?.auc ?? 1);
  });
});

describe('the shipped model', () => {
  it('loads, ranks plain cases and knows its features', () => {
    const shipped = defaultPredictor();
    expect(shipped.features).toEqual('ns nd nf entropy la ld lt fix ndev age nuc exp rexp sexp'.split(' '));
    const usual = {
      ns: 1,
      nd: 1,
      nf: 1,
      entropy: 0,
      la: 2,
      ld: 2,
      lt: 80,
      fix: 0,
      ndev: 2,
      age: 20,
      nuc: 3,
      exp: 900,
      rexp: 30,
      sexp: 90,
    };
    const large = { ...usual, ns: 4, nd: 9, nf: 14, entropy: 3.1, la: 900, ld: 120, lt: 9000, ndev: 14, nuc: 160 };
    expect(shipped.score(usual).rank).toBeLessThan(0.3);
    expect(shipped.score(large).rank).toBeGreaterThan(0.8);
    expect(shipped.json.trainedOn.rows).toBe(72_161);
  });

  it('is rebased to the share of failures at hand', () => {
    expect(rebase(0.3, 0.3, 0.05)).toBeCloseTo(0.05, 9);
    expect(rebase(0.6, 0.3, 0.05)).toBeGreaterThan(0.05);
    expect(rebase(0.6, 0.3, 0.05, 0)).toBeCloseTo(0.05, 9);
  });
});

describe('a model file', () => {
  it.each([[{}], ['x'], [null], [{ format: 'headgate-predictor', version: 2 }]])('is refused when it is %j', (json) => {
    expect(() => loadPredictor(json)).toThrow('no model of Headgate');
  });
});
