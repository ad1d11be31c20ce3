import type { HeadgateError } from '../../../../core/errors';
import { MAX_LIVE_HOLDOUTS, type Holdout } from '../../../../flags/document/holdout';
import { withCoverage, withEnd, withNewHoldout } from '../../../../flags/edit/holdout-rules';

const at = '2026-05-01T00:00:00.000Z';
const wanted = { key: 'year', weight: 5, salt: 's', covers: { all: true as const } };
const live: Holdout = { ...wanted, createdAt: at };
const isFlag = (key: string): boolean => key === 'checkout';
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return `${(error as HeadgateError).code}: ${(error as Error).message}`;
  }
  return 'nothing was refused';
};

describe('the rules of holdouts', () => {
  it('add one at the end, and change nothing when it stands already', () => {
    expect(withNewHoldout([], wanted, at, isFlag)).toEqual([live]);
    expect(withNewHoldout([live], { ...wanted, salt: 'drawn anew' }, at, isFlag)).toBeNull();
  });

  it('never use a key again, living or ended', () => {
    expect(codeOf(() => withNewHoldout([live], { ...wanted, weight: 6 }, at, isFlag))).toContain('other settings');
    expect(codeOf(() => withNewHoldout([{ ...live, endedAt: at }], wanted, at, isFlag))).toContain('ended at');
  });

  it('name the weight that falls on no bucket and the flag that is not there', () => {
    const bad = { ...wanted, weight: 1.00001, covers: { flags: ['checkout', 'nowhere'] } };
    const refusal = codeOf(() => withNewHoldout([], bad, at, isFlag));
    expect(refusal).toContain('INVALID_ARGUMENT');
    expect(refusal).toContain('covers.flags[1]');
    expect(refusal).toContain('weight');
  });

  it('bound how many live, not how many there were', () => {
    const many = Array.from({ length: MAX_LIVE_HOLDOUTS }, (_, index) => ({ ...live, key: `h${index}` }));
    expect(codeOf(() => withNewHoldout(many, wanted, at, isFlag))).toContain('IN_USE');
    const ended = many.map((holdout) => ({ ...holdout, endedAt: at }));
    expect(withNewHoldout(ended, wanted, at, isFlag)).toHaveLength(MAX_LIVE_HOLDOUTS + 1);
  });

  it('change the coverage of a live one alone', () => {
    const covers = { flags: ['checkout'] };
    expect(withCoverage([live], 'year', covers, isFlag)).toEqual([{ ...live, covers }]);
    expect(withCoverage([live], 'year', live.covers, isFlag)).toBeNull();
    expect(codeOf(() => withCoverage([{ ...live, endedAt: at }], 'year', covers, isFlag))).toContain('ended');
    expect(codeOf(() => withCoverage([live], 'month', covers, isFlag))).toContain('HOLDOUT_NOT_FOUND');
  });

  it('end one once', () => {
    const ended = { ...live, endedAt: at };
    expect(withEnd([live], 'year', at)).toEqual([ended]);
    expect(withEnd([ended], 'year', '2026-06-01T00:00:00.000Z')).toBeNull();
    expect(codeOf(() => withEnd([], 'year', at))).toContain('HOLDOUT_NOT_FOUND');
  });
});
