import { areaUnderRoc } from '../../../../ml/evaluation/auc';
import { fitLevels } from '../../../../ml/models/levels';
import { fitLogistic } from '../../../../ml/models/logistic';
import { probabilityOf } from '../../../../ml/models/logit';
import { fitModel, LearnerKind, loadModel, type Model, type TrainingRows } from '../../../../ml/models/model';
import { growTeamForest } from '../../../../ml/models/team-forest';
import { rowOf, type Table } from '../../../../ml/tables/table';
import { binColumn, fitCuts } from '../../../../ml/trees/bins';
import { binRow, binRows } from '../../../../ml/trees/binned-rows';
import { givenChanges } from '../../../support/change-rows';
import { goldenColumns, predictionGolden } from '../../../support/prediction-golden';

const TRAINED = 1500;
const { table, labels } = givenChanges(2000);
const cuts = table.columns.map((column) => fitCuts(column.subarray(0, TRAINED)));

function trainingRows(rows: number): TrainingRows {
  const columns = table.columns.map((column) => column.slice(0, rows));
  return {
    names: [],
    columns,
    binned: columns.map((column, feature) => binColumn(column, cuts[feature] as Float64Array)),
    labels: labels.slice(0, rows),
    weights: new Float64Array(rows).fill(1),
  };
}

function scoresOf(model: Model, { columns, rows }: Table): Float64Array {
  return model.logOddsAll({ ...binRows(columns, cuts, rows), columns });
}

// The package is slow: it gets fewer rows.
const CASES = Object.values(LearnerKind).map((kind) => ({ kind, rows: kind === LearnerKind.Team ? 300 : TRAINED }));

describe.each(CASES)('the model $kind', ({ kind, rows }) => {
  const model = fitModel(kind, trainingRows(rows), 7);
  const scores = scoresOf(model, table);

  it('ranks changes that it has not seen', () => {
    // The risks that the rows were drawn by reach .70 themselves.
    expect(areaUnderRoc(scores.subarray(TRAINED), labels.subarray(TRAINED))).toBeGreaterThan(0.62);
  });

  it('is the same for a seed, and the same once stored', () => {
    const text = JSON.stringify(model.toJSON());
    expect(JSON.stringify(fitModel(kind, trainingRows(rows), 7).toJSON())).toBe(text);
    const loaded = loadModel(JSON.parse(text) as ReturnType<Model['toJSON']>);
    expect([...scoresOf(loaded, table)]).toEqual([...scores]);
  });

  it('scores a row alone as in a batch, to the last bit', () => {
    const bins = new Uint8Array(cuts.length);
    for (let index = 0; index < 100; index++) {
      const row = rowOf(table, index);
      binRow(row, cuts, bins);
      expect(model.logOdds(bins, row)).toBe(scores[index]);
    }
  });

  it('answers a row of which nothing is known', () => {
    const bins = new Uint8Array(cuts.length).fill(255);
    expect(Number.isFinite(model.logOdds(bins, new Float64Array(cuts.length).fill(Number.NaN)))).toBe(true);
  });
});

describe('the logistic regression', () => {
  it('agrees with scikit-learn’s', () => {
    const columns = goldenColumns();
    const own = columns.map(fitCuts);
    const binned = columns.map((column, feature) => binColumn(column, own[feature] as Float64Array));
    const rows = binRows(columns, own, predictionGolden.y.length);
    const levels = fitLevels(columns, binned);
    const weights = new Float64Array(rows.rows).fill(1);
    const logistic = fitLogistic(levels, rows, predictionGolden.y, weights, { ridge: 2 });
    predictionGolden.logisticProbability.forEach((expected, row) => {
      expect(probabilityOf(logistic.logOdds(rows.bins, row * rows.width))).toBeCloseTo(expected, 5);
    });
  });
});

describe('the forest of ml-random-forest', () => {
  it('refuses more rows than its training can cope with', () => {
    const many = new Float64Array(2001);
    expect(() => growTeamForest([many], many, { trees: 1, maxDepth: 2, minLeafRows: 1, seed: 1 })).toThrow('2001 rows');
  });
});
