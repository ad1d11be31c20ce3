import { contributionsOf } from '../../../../ml/explanation/contributions';
import { mainContributions, wordsOf } from '../../../../ml/explanation/words';

describe('reasons of a prediction', () => {
  it('share an interaction evenly, as Shapley values do', () => {
    // Log odds 2·a·b: beside (0, 0) each of a and b gets half of the 2; c does nothing.
    const all = contributionsOf(
      (row) => 2 * (row[0] as number) * (row[1] as number),
      ['a', 'b', 'c'],
      [1, 1, 5],
      [0, 0, 0],
    );
    expect(all.map(({ logOdds }) => logOdds)).toEqual([1, 1, 0]);
  });

  it('read as sentences about the change', () => {
    const said = (feature: string, value: number, typical: number): string =>
      wordsOf({ feature, value, typical, logOdds: 1 });
    expect(said('la', 1240, 20)).toBe('large: adds 1,240 lines');
    expect(said('change.sexp', 0, 90)).toBe('by an author new to this subsystem');
    expect(said('change.migrationFiles', 1, 0)).toBe('touches a migration');
    expect(said('lt', Number.NaN, 90)).toBe('lt is not known');
    expect(said('waits', 3.14159, 1)).toBe('waits is 3.14 (typically 1)');
  });

  it('are the few that matter', () => {
    const all = [0.01, -0.9, 0.3, 0.2].map((logOdds, index) => ({
      feature: `f${index}`,
      value: 1,
      typical: 0,
      logOdds,
    }));
    expect(mainContributions(all, 2).map(({ feature }) => feature)).toEqual(['f1', 'f2']);
  });
});
