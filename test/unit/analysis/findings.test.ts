import { givenWindows, whenLooking, FIRST_WINDOW } from '../../support/stratum-builders';

const codesOf = (result: ReturnType<typeof whenLooking>): string[] => result.analysis.reasons.map(({ code }) => code);

describe('doubts about the experiment hold a promotion', () => {
  it('when exposures do not follow the weight', () => {
    const result = whenLooking(givenWindows(20, { candidate: { exposures: 120 } }));
    expect(codesOf(result)).toEqual(['SAMPLE_RATIO_MISMATCH']);
    expect(result.analysis.verdict).toBe('hold');
    expect(result.analysis.sampleRatio.observed).toBeCloseTo(2 / 3, 9);
  });

  it('but not when each stratum follows the weight of its own transition', () => {
    const ramp = [
      ...givenWindows(20, { weight: 10, transition: 1, candidate: { exposures: 10 }, control: { exposures: 90 } }),
      ...givenWindows(20, { transition: 2 }, 20),
    ];
    expect(whenLooking(ramp).analysis.sampleRatio.evidence).toBeLessThan(2);
  });

  it('when users met both variants under one transition', () => {
    expect(codesOf(whenLooking(givenWindows(20, { candidate: { mixed: 2 } })))).toEqual(['MIXED_EXPOSURE']);
  });

  it('when outcomes are missing in one arm more than in the other', () => {
    const does = { control: { exposures: 200 }, candidate: { exposures: 200, withoutOutcome: 60 } };
    expect(codesOf(whenLooking(givenWindows(20, does)))).toEqual(['OUTCOMES_MISSING']);
    const alike = { exposures: 200, withoutOutcome: 60 };
    expect(codesOf(whenLooking(givenWindows(20, { control: alike, candidate: alike })))).toEqual(['SAFETY_SHOWN']);
  });

  it('when late data differs between the arms', () => {
    expect(codesOf(whenLooking(givenWindows(20, { candidate: { late: 80 } })))).toEqual(['LATE_DATA_DIFFERS']);
    const both = givenWindows(20, { control: { late: 80 }, candidate: { late: 80 } });
    expect(codesOf(whenLooking(both))).toEqual(['SAFETY_SHOWN']);
  });
});

describe('a fault in both arms', () => {
  const bad = { control: { errors: 30 }, candidate: { errors: 30 } };
  const faulty = [...givenWindows(30), ...givenWindows(4, bad, 30)];

  it('narrows when it begins soon after a raise, until the transition changes', () => {
    const context = { raisedAt: FIRST_WINDOW + 29 * 5000 };
    const result = whenLooking(faulty, { context });
    expect(result.analysis.verdict).toBe('narrow');
    expect(codesOf(result)).toEqual(['SHARED_FAULT_AFTER_RAISE']);
    const obeyed = whenLooking(givenWindows(1, bad, 34), {
      state: result.state,
      context: { ...context, transition: 2 },
    });
    expect(obeyed.analysis.verdict).toBe('hold');
    expect(codesOf(obeyed)).toEqual(['SHARED_FAULT']);
  });

  it('that begins later in the bake is laid to the raise only once it has lasted', () => {
    const context = { raisedAt: FIRST_WINDOW, bakeMs: 3_600_000, bakedMs: 3_600_000 };
    const of = (windows: number) => [...givenWindows(60), ...givenWindows(windows, bad, 60)];
    const short = whenLooking(of(20), { context });
    expect(short.analysis.verdict).toBe('hold');
    expect(codesOf(short)).toEqual(['SHARED_FAULT']);
    expect(whenLooking(of(31), { context }).analysis.verdict).toBe('narrow');
    expect(whenLooking(of(31), { context: { ...context, bakeMs: 60_000 } }).analysis.verdict).toBe('hold');
  });

  it('is not laid to a raise that came after it', () => {
    const before = whenLooking(faulty, { context: { raisedAt: FIRST_WINDOW + 31 * 5000 } });
    expect(codesOf(before)).toEqual(['SHARED_FAULT']);
    const within = whenLooking(faulty, { context: { raisedAt: FIRST_WINDOW + 30 * 5000 + 1000 } });
    expect(codesOf(within)).toEqual(['SHARED_FAULT_AFTER_RAISE']);
  });

  it('holds when it begins later, and goes on when it ends', () => {
    const result = whenLooking(faulty);
    expect(result.analysis.verdict).toBe('hold');
    expect(codesOf(result)).toEqual(['SHARED_FAULT']);
    expect(whenLooking(givenWindows(4, {}, 34), { state: result.state }).analysis.verdict).toBe('promote');
  });

  it('is not seen in one bad window, nor in the candidate alone', () => {
    const burst = [...givenWindows(30), ...givenWindows(1, bad, 30), ...givenWindows(2, {}, 31)];
    expect(whenLooking(burst).analysis.verdict).toBe('promote');
    const alone = [...givenWindows(30), ...givenWindows(18, { candidate: { errors: 30 } }, 30)];
    expect(codesOf(whenLooking(alone))).toEqual(['GUARDRAIL_HARM']);
  });
});

describe('silence', () => {
  const good = whenLooking(givenWindows(12));
  const laterBy = (ms: number) => FIRST_WINDOW + 70_000 + ms;

  it('tells a source that is down, stale data, no traffic and too few units apart', () => {
    const quality = (result: ReturnType<typeof whenLooking>): string => result.analysis.dataQuality;
    expect(quality(good)).toBe('ok');
    expect(quality(whenLooking([], { state: good.state, sourceDown: true, nowMs: laterBy(0) }))).toBe('source_down');
    expect(quality(whenLooking([], { state: good.state, nowMs: laterBy(60_000) }))).toBe('stale');
    expect(quality(whenLooking([]))).toBe('no_traffic');
    const idle = givenWindows(30, { control: { requests: 0 }, candidate: { requests: 0 } }, 12);
    expect(quality(whenLooking(idle, { state: good.state }))).toBe('no_traffic');
    expect(quality(whenLooking(givenWindows(12), { plan: { minimumSample: 10_000 } }))).toBe('too_few_units');
  });

  it('holds before its deadline, ends as the plan says after it, and heals when data returns', () => {
    const look = (ms: number, onNoData: 'hold' | 'roll_back', state = good.state) =>
      whenLooking([], { state, nowMs: laterBy(ms), plan: { onNoData } });
    let { state } = good;
    for (let ms = 0; ms <= 20_000; ms += 10_000) ({ state } = look(ms, 'roll_back', state));
    for (let ms = 30_000; ms <= 290_000; ms += 10_000) {
      const result = look(ms, 'roll_back', state);
      expect(result.analysis.verdict).toBe('hold');
      expect(codesOf(result)).toContain('NO_DATA');
      state = result.state;
    }
    expect(look(400_000, 'roll_back', state).analysis).toMatchObject({ verdict: 'rollback' });
    expect(codesOf(look(400_000, 'roll_back', state))[0]).toBe('NO_DATA_DEADLINE');
    expect(look(400_000, 'hold', state).analysis).toMatchObject({ verdict: 'hold' });
    expect(whenLooking(givenWindows(6, {}, 72), { state }).analysis.verdict).toBe('promote');
  });

  it('rolls back at the deadline when no data ever came', () => {
    const never = whenLooking([], { nowMs: FIRST_WINDOW + 299_000, plan: { onNoData: 'roll_back' } });
    expect(never.analysis.verdict).toBe('hold');
    const past = whenLooking([], {
      state: never.state,
      nowMs: FIRST_WINDOW + 301_000,
      plan: { onNoData: 'roll_back' },
    });
    expect(past.analysis.verdict).toBe('rollback');
  });

  it('does not take an outage of the judge for silence of the traffic', () => {
    const after = whenLooking([], { state: good.state, nowMs: laterBy(3_600_000), plan: { onNoData: 'roll_back' } });
    expect(after.analysis.verdict).toBe('hold');
  });
});
