import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openState, type JudgeState } from '../../../analysis/judge-state';
import { analyse } from '../../../analysis/analyse';
import type { AnalysisInput, AnalysisResult, AnalysisState } from '../../../analysis/types';
import type { Stratum } from '../../../metrics/windows';
import { givenSegmentedWindows, type SegmentDoes } from '../../support/segment-strata';
import { givenContext, givenPlan } from '../../support/stratum-builders';

const SEGMENTS = ['de', 'fr'];
const FINE: SegmentDoes = { requests: 300, control: 0.01, candidate: 0.01 };

/** What the judge had seen when it wrote {@link OLD}: thirty windows, in which one segment failed three times as often. */
const SEEN = givenSegmentedWindows(30, { de: FINE, fr: { ...FINE, candidate: 0.03 } }, { seed: 4 });

/** Written after those windows by the judge at commit ca31a03, before it followed levels of noise. */
const OLD = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/analysis/state-without-noise-levels.json'), 'utf8'),
) as AnalysisState;

function inputOf(strata: readonly Stratum[], state: AnalysisState | null): AnalysisInput {
  const nowMs = (strata.at(-1)?.windowStartAt ?? 0) + 15_000;
  const plan = givenPlan({ segments: SEGMENTS });
  return { plan, context: givenContext(), strata, state, sourceDown: false, nowMs };
}

const look = (strata: readonly Stratum[], state: AnalysisState | null): AnalysisResult =>
  analyse(inputOf(strata, state));

/** What the judge would begin its next look with. */
const opened = (state: AnalysisState): JudgeState => openState(inputOf([], state));

const trialsOf = (judge: JudgeState) => [
  judge.trials['errors'],
  ...SEGMENTS.map((name) => judge.segments.segments[name]?.trials['errors']),
];

describe('a state saved before levels of noise were followed', () => {
  const AFTER = 7;
  const further = givenSegmentedWindows(AFTER, { de: FINE, fr: FINE }, { seed: 5, from: 30 });
  const present = opened(look(further, look(SEEN, null).state).state);
  const carried = opened(look(further, OLD).state);

  it('is one that holds none', () => {
    expect(OLD['judge']).toMatchObject({ trials: { errors: { swift: { windows: 30 } } } });
    expect(OLD['judge']).not.toHaveProperty('trials.errors.levels');
  });

  it('goes on with the steady test to the last bit, of everybody and of segments', () => {
    expect(trialsOf(carried)).toHaveLength(3);
    for (const [index, trial] of trialsOf(carried).entries()) {
      const { steady, recent, restarts, noise, scale, open } = trialsOf(present)[index]!;
      expect(trial).toMatchObject({ steady, recent, restarts, noise, scale, open });
      expect(trial?.steady.blocks).toBeGreaterThan(1);
    }
    expect(carried.evidence).toEqual(present.evidence);
  });

  it('starts the swift test afresh, as what it saw cannot be weighed any more', () => {
    for (const trial of trialsOf(carried)) {
      expect(trial?.swift.windows).toBe(AFTER);
      expect(trial?.levels.nulls.every(Number.isFinite)).toBe(true);
      expect(trial?.levels.reckoned).toBeGreaterThan(0);
    }
    expect(trialsOf(present).map((trial) => trial?.swift.windows)).toEqual([30 + AFTER, 30 + AFTER, 30 + AFTER]);
  });

  it('leads to a rollback of a fault that begins, and to none without one', () => {
    const broken = { ...FINE, candidate: 0.2 };
    const faulty = givenSegmentedWindows(24, { de: broken, fr: broken }, { seed: 6, from: 30 });
    expect(look(faulty, OLD).analysis.verdict).toBe('rollback');
    const calm = givenSegmentedWindows(120, { de: FINE, fr: FINE }, { seed: 7, from: 30 });
    expect(look(calm, OLD).analysis).toMatchObject({ exclude: [] });
    expect(look(calm, OLD).analysis.verdict).not.toBe('rollback');
  });

  it('is read the same whether windows come one by one or at once', () => {
    let state = OLD;
    for (let from = 0; from < further.length; from += SEGMENTS.length + 1) {
      ({ state } = look(further.slice(from, from + SEGMENTS.length + 1), state));
    }
    expect(trialsOf(opened(state))).toEqual(trialsOf(carried));
  });
});
