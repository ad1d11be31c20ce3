import { mulberry32 } from '../../../../ml/random/mulberry32';
import { chooseFeatures, type RawColumn } from '../../../../ml/tables/choose-features';

const ROWS = 200;
const rng = mulberry32(2);
const labels = Float64Array.from({ length: ROWS }, () => (rng() < 0.3 ? 1 : 0));

function column(
  name: string,
  of: (row: number) => number = () => Math.floor(20 * rng()),
  text: string | null = null,
): RawColumn {
  return { name, values: Float64Array.from({ length: ROWS }, (_, row) => of(row)), text };
}

function whyNot(raw: RawColumn): string | undefined {
  return chooseFeatures([raw], labels).leftOut[0]?.why;
}

describe('the choice of features', () => {
  it.each(
    'la ld lt fix is_fix bugFix ndev age nuc exp rexp sexp entropy author_exp numAuthors build_time past_bugs testsFailed prior_defects hour change.la'.split(
      ' ',
    ),
  )('takes %s', (name) => expect(chooseFeatures([column(name)], labels).used).toEqual([name]));

  it.each('commit_id commitId transactionid bug_id commit_hash author project Unnamed_0'.split(' '))(
    'leaves out %s, which names a row',
    (name) => expect(whyNot(column(name))).toContain('which row'),
  );

  it.each([
    'bugcount_bugs',
    'contains_bug',
    'defective',
    'fix_date_days',
    'glm_probability',
    'reverted',
    'post_failures',
  ])('leaves out %s, which was not known before', (name) =>
    expect(whyNot(column(name))).toMatch(/how it ended|instant/),
  );

  it('leaves out text, empty and constant columns', () => {
    expect(whyNot(column('message', () => Number.NaN, 'fixes it'))).toContain("such as 'fixes it'");
    expect(whyNot(column('empty', () => Number.NaN))).toContain('no values');
    expect(whyNot(column('same', () => 4))).toContain('constant');
    expect(
      chooseFeatures([column('known or not', (row) => (row % 3 === 0 ? Number.NaN : 4))], labels).used,
    ).toHaveLength(1);
  });

  it('leaves out instants and running numbers by their values', () => {
    expect(whyNot(column('pushed', (row) => 1_600_000_000 + ((row * 7919) % 5000) * 100))).toContain('instant');
    expect(whyNot(column('n', (row) => 3 * row))).toContain('order of time');
  });

  it('leaves out what tells the label by itself, or by being missing', () => {
    expect(whyNot(column('leak', (row) => (labels[row] as number) * 10 + rng()))).toContain('tells the label');
    expect(whyNot(column('leak', (row) => -(labels[row] as number)))).toContain('tells the label');
    expect(whyNot(column('leak', (row) => (labels[row] === 1 ? rng() : Number.NaN)))).toContain('tells the label');
    expect(whyNot(column('strong', (row) => (labels[row] as number) + 2 * rng()))).toBeUndefined();
  });

  it('keeps the strongest of more columns than trees can tell apart', () => {
    const many = Array.from({ length: 300 }, (_, index) => column(`f${index}`));
    const strong = column('strong', (row) => (labels[row] as number) + 2 * rng());
    const choice = chooseFeatures([...many, strong], labels);
    expect(choice.used).toHaveLength(255);
    expect(choice.used).toContain('strong');
    expect(choice.leftOut).toHaveLength(46);
  });
});
