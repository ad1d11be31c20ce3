import { attributeCauses } from '../../../../analysis/attribution/attribute-causes';
import type { AttributionInput, OtherChange } from '../../../../analysis/attribution/attribution';
import { onsetOf } from '../../../../analysis/attribution/onset';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import { normals } from '../../../support/series-builders';

const STEP = 60_000;
const WINDOWS = 80;
const TROUBLE_AT = 70;
const rng = mulberry32(11);

/** A series about a level, raised from a window on. */
const series = (level: number, from = WINDOWS, by = 0): number[] =>
  normals(rng, WINDOWS).map((value, t) => level + 0.05 * level * value + (t >= from ? by : 0));

const other = (change: Partial<OtherChange>): OtherChange => ({
  flag: 'search',
  atMs: (TROUBLE_AT - 2) * STEP,
  action: 'rollout.raise',
  weightBefore: 5,
  weightAfter: 20,
  relation: null,
  sharedSegments: [],
  ...change,
});

/** The candidate is worse and the control is not, unless the test says otherwise. */
function given(input: Partial<AttributionInput> = {}): AttributionInput {
  return {
    flag: 'checkout',
    findings: [{ metric: 'errors', harm: 0.02, harmLower: 0.01, harmEvidence: 500, margin: 0.005 }],
    reasonCodes: ['GUARDRAIL_HARM'],
    raisedAtMs: (TROUBLE_AT - 1) * STEP,
    bakeMs: 10 * STEP,
    decidedAtMs: WINDOWS * STEP,
    windows: {
      fromMs: 0,
      stepMs: STEP,
      control: series(0.01),
      candidate: series(0.01, TROUBLE_AT, 0.02),
      requests: series(1000),
    },
    others: [],
    series: [],
    ...input,
  };
}

const both = {
  fromMs: 0,
  stepMs: STEP,
  control: series(0.01, TROUBLE_AT, 0.05),
  candidate: series(0.01, TROUBLE_AT, 0.05),
  requests: series(1000),
};
const alike = {
  findings: [{ metric: 'errors', harm: 0, harmLower: -0.01, harmEvidence: 1, margin: 0.005 }],
  reasonCodes: ['SHARED_FAULT'],
  windows: both,
};

describe('a difference between the arms', () => {
  it('is this rollout, by the randomised split, and clears what meets both arms alike', () => {
    const { kind, causes, cleared, onsetAtMs, summary } = attributeCauses(
      given({
        // Written twice meanwhile, cleared once.
        others: [other({}), other({ atMs: (TROUBLE_AT - 1) * STEP })],
        series: [{ name: 'cpu', kind: 'infrastructure', values: series(0.5, TROUBLE_AT, 0.4) }],
      }),
    );
    expect(kind).toBe('rollout');
    expect(causes).toHaveLength(1);
    expect(causes[0]).toMatchObject({ subject: { kind: 'rollout', name: 'checkout' }, strength: 'strong' });
    expect(cleared.map(({ subject, evidence }) => [subject.name, evidence.code])).toEqual([
      ['search', 'MEETS_BOTH_ARMS'],
      ['cpu', 'MEETS_BOTH_ARMS'],
    ]);
    expect(onsetAtMs).toBe(TROUBLE_AT * STEP);
    expect(summary).toContain('This rollout');
  });

  it('does not clear a flag that can act in one arm alone', () => {
    const { causes } = attributeCauses(given({ others: [other({ relation: 'depends_on_us' })] }));
    expect(causes.map(({ subject }) => subject.name)).toEqual(['checkout', 'search']);
    expect(causes[1]?.evidence.map(({ code }) => code)).toContain('DEPENDS');
  });
});

describe('a fault of both arms', () => {
  it('is an incident, and the rollout is cleared when no raise came before it', () => {
    const { kind, causes, cleared } = attributeCauses(given({ ...alike, raisedAtMs: 0, others: [other({})] }));
    expect(kind).toBe('incident');
    expect(causes.map(({ subject }) => subject.name)).toEqual(['search']);
    expect(cleared).toMatchObject([{ subject: { kind: 'rollout' }, evidence: { code: 'ARMS_ALIKE' } }]);
  });

  it('keeps the rollout among the causes when a raise came within a bake before it', () => {
    const { causes } = attributeCauses(given(alike));
    expect(causes).toMatchObject([
      { subject: { kind: 'rollout' }, strength: 'weak', evidence: [{ code: 'AFTER_RAISE' }] },
    ]);
  });

  it('weighs the nearer change more, and clears what came after', () => {
    const { causes, cleared } = attributeCauses(
      given({
        ...alike,
        raisedAtMs: 0,
        others: [
          other({ flag: 'far', atMs: 20 * STEP }),
          other({ flag: 'near' }),
          other({ flag: 'late', atMs: (TROUBLE_AT + 4) * STEP }),
        ],
      }),
    );
    expect(causes.map(({ subject }) => subject.name)).toEqual(['near', 'far']);
    expect(cleared.map(({ subject, evidence }) => [subject.name, evidence.code])).toContainEqual([
      'late',
      'CHANGED_AFTER',
    ]);
  });

  it('puts the machine that moved first and predicts before what moved later or stood still', () => {
    const database = series(5, TROUBLE_AT - 3, 20);
    const control = normals(rng, WINDOWS).map(
      (value, t) => 0.01 + 0.0005 * value + 0.002 * Math.max(0, (database[t - 3] ?? 5) - 5),
    );
    const { causes, cleared } = attributeCauses(
      given({
        ...alike,
        raisedAtMs: 0,
        windows: { ...both, control, candidate: control },
        series: [
          { name: 'memory', kind: 'infrastructure', values: series(2) },
          { name: 'queue', kind: 'dependency', values: series(3, TROUBLE_AT + 4, 9) },
          { name: 'database time', kind: 'infrastructure', values: database },
        ],
      }),
    );
    expect(causes[0]).toMatchObject({ subject: { name: 'database time' }, strength: 'moderate' });
    expect(causes[0]?.evidence.map(({ code }) => code)).toEqual(['MOVED_FIRST', 'PREDICTS']);
    expect(Object.fromEntries(cleared.map(({ subject, evidence }) => [subject.name, evidence.code]))).toMatchObject({
      memory: 'STOOD_STILL',
      queue: 'MOVED_LATER',
    });
  });

  it('takes in where the excess of the service graph ends', () => {
    const { causes } = attributeCauses(
      given({
        ...alike,
        raisedAtMs: 0,
        graphCauses: [
          { node: 'database', score: 0.8, excess: 9, deviation: 20, onsetLag: 0 },
          { node: 'mail', score: 0.01, excess: 0, deviation: 1, onsetLag: null },
        ],
      }),
    );
    expect(causes.map(({ subject }) => subject.name)).toEqual(['database']);
  });
});

it('says that nothing is shown when nothing is', () => {
  const quiet = { fromMs: 0, stepMs: STEP, control: [], candidate: [], requests: [] };
  const answer = attributeCauses(given({ findings: [], reasonCodes: ['RISK_HIGH'], raisedAtMs: -1e9, windows: quiet }));
  expect(answer).toMatchObject({ kind: 'undetermined', metric: null, onsetAtMs: null, causes: [] });
  expect(answer.summary).toContain('No cause is shown');
});

describe('the onset of a trouble', () => {
  it('is its first window, over a gap of one', () => {
    expect(onsetOf([...series(10).slice(0, 20), 30, 31, 10, 30, 32])?.at).toBe(20);
  });

  it.each([
    ['calm', series(10)],
    ['a single window', [...series(10).slice(0, 20), 50, 10, 10]],
    ['rare errors', Array.from({ length: 60 }, (_, t) => (t % 13 === 5 ? 1 : 0))],
    ['too short', [1, 2, 9, 9, 9]],
    ['constant', Array.from({ length: 30 }, () => 4)],
  ])('is none: %s', (_, values) => expect(onsetOf(values)).toBeNull());

  it('can be asked of rises alone', () => {
    const dip = [...series(10).slice(0, 30), 1, 1, 1, 1];
    expect(onsetOf(dip)?.deviation).toBeLessThan(0);
    expect(onsetOf(dip, 'above')).toBeNull();
  });
});
