import {
  assembleFeatures,
  BuildFacts,
  buildFeatures,
  changeFeatures,
  deploymentFeatures,
} from '../../../changes/features/assemble';
import { CATALOGUE } from '../../../changes/features/catalogue';
import { shippedModelFeatures } from '../../../changes/features/shipped-model-features';
import { measureChange } from '../../../changes/measures/change-measures';

const measured = measureChange(
  {
    files: [{ path: 'a/b.ts', added: 3, deleted: 1 }],
    linesBefore: [10],
    authors: new Map([['someone', 1]]),
    messages: ['Add'],
    at: 1_700_000_000,
    offsetMinutes: 0,
  },
  null,
);

describe('features', () => {
  it('of a change are all in the catalogue, unknown ones null', () => {
    const values = assembleFeatures(changeFeatures(measured));
    expect(values).toMatchObject({ 'change.la': 3, 'change.lt': 10, 'change.exp': null, 'change.newFiles': null });
    const listed = [...CATALOGUE.values()].filter(({ source }) => source === 'change').map(({ name }) => name);
    expect(Object.keys(values).sort()).toEqual(listed.sort());
  });

  it('of a build are those that CI gave, and how its time compares with the usual', () => {
    const facts = BuildFacts.parse({ seconds: 90, usualSeconds: 60, testsFailed: 0 });
    expect(assembleFeatures(buildFeatures(facts))).toEqual({
      'build.seconds': 90,
      'build.secondsRatio': 1.5,
      'build.testsFailed': 0,
    });
    expect(buildFeatures({})).toEqual({});
    expect(BuildFacts.safeParse({ coverage: 1.2 }).success).toBe(false);
  });

  it('of the past mix a small share with the base rate', () => {
    const none = { ended: 0, failed: 0, succeeded: 0, daysSinceLast: null };
    const values = deploymentFeatures(
      { flag: none, author: { ended: 7, failed: 3, succeeded: 2, daysSinceLast: 4 } },
      0.1,
    );
    expect(assembleFeatures(values)).toEqual({
      'deployments.flagEnded': 0,
      'deployments.flagFailureShare': 0.1,
      'deployments.flagDaysSinceLast': null,
      'deployments.authorEnded': 7,
      'deployments.authorFailureShare': 0.35,
      'deployments.authorDaysSinceLast': 4,
    });
  });

  it('that nobody has defined are refused', () => {
    expect(() => assembleFeatures({ 'change.mood': 1 })).toThrow('change.mood');
  });

  it('for the shipped model stand in the terms of its training data', () => {
    const known = {
      ...measured,
      fileDevelopers: 2,
      fileChanges: 9,
      authorFileChanges: 4,
      recentAuthorFileChanges: 1.5,
    };
    expect(shippedModelFeatures(known)).toMatchObject({ la: 3, ndev: 2, nuc: 9, exp: 4, rexp: 1.5, sexp: null });
  });
});
