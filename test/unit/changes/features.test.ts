import {
  assembleFeatures,
  buildFeatures,
  changeFeatures,
  deploymentFeatures,
} from '../../../changes/features/assemble';
import { CATALOGUE } from '../../../changes/features/catalogue';
import { shippedModelFeatures } from '../../../changes/features/shipped-model-features';
import { measureChange } from '../../../changes/measures/change-measures';
import { BuildFacts } from '../../../flags/plan/build-facts';

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
  });

  it.each([
    [{ coverage: 1.2 }],
    [{ seconds: -1 }],
    [{ seconds: 1e9 }],
    [{ dependencies: 1.5 }],
    [{ environment: '' }],
    [{ environment: 'x'.repeat(201) }],
    [{ mood: 1 }],
  ])('of a build are refused where they cannot be: %j', (facts) => {
    expect(BuildFacts.safeParse(facts).success).toBe(false);
  });

  it.each([
    [{ environment: 'node-20', usualEnvironment: 'node-20' }, { 'build.environmentChanged': 0 }],
    [{ environment: 'node-22', usualEnvironment: 'node-20' }, { 'build.environmentChanged': 1 }],
    [{ environment: 'node-22' }, {}],
  ])('of a build tell another environment than usual: %j', (facts, values) => {
    expect(assembleFeatures(buildFeatures(BuildFacts.parse(facts)))).toEqual(values);
  });

  it('of the past mix a small share with the base rate', () => {
    const none = { ended: 0, failed: 0, succeeded: 0, completed: 0, rolledBack: 0, daysSinceLast: null };
    const author = { ended: 15, failed: 3, succeeded: 2, completed: 5, rolledBack: 9, daysSinceLast: 4 };
    const values = assembleFeatures(deploymentFeatures({ flag: none, author }, 0.1));
    expect(values).toEqual({
      'deployments.flagEnded': 0,
      'deployments.flagFailureShare': 0.1,
      'deployments.flagSuccessShare': 0.9,
      'deployments.flagRollbackShare': 0.1,
      'deployments.flagDaysSinceLast': null,
      'deployments.authorEnded': 15,
      'deployments.authorFailureShare': 0.35,
      // (5 + 5 × 0.9) / (15 + 5) and (9 + 5 × 0.1) / (15 + 5).
      'deployments.authorSuccessShare': 0.475,
      'deployments.authorRollbackShare': 0.475,
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
