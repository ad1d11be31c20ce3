import type { SourceTrouble } from '../../../metrics/windows';
import { FIRST_WINDOW, givenWindows, whenLooking } from '../../support/stratum-builders';

const TROUBLE: SourceTrouble = {
  quality: 'label_missing',
  metric: 'errors',
  detail: 'No series has the label variant.',
};
const qualities = ['source_down', 'label_missing', 'stale', 'no_traffic'] as const;
const MINUTE_MS = 60_000;
/** As many windows as a calm rollout needs to be promoted. */
const CALM = givenWindows(360, { control: { errors: 2 }, candidate: { errors: 2 } });

describe('trouble of a source', () => {
  it.each(qualities)('holds what would be promoted, whatever it is: %s', (quality) => {
    expect(whenLooking(CALM).analysis.verdict).toBe('promote');
    const { analysis } = whenLooking(CALM, { sourceTrouble: { ...TROUBLE, quality } });
    expect(analysis).toMatchObject({ verdict: 'hold', dataQuality: quality });
    expect(analysis.reasons).toContainEqual({ code: 'NO_DATA', text: TROUBLE.detail, metric: 'errors' });
  });

  it('is over when it is over', () => {
    const { state } = whenLooking(CALM, { sourceTrouble: TROUBLE });
    expect(whenLooking(CALM, { state }).analysis.verdict).toBe('promote');
  });

  it('does not hide the harm that other data shows', () => {
    const harmed = givenWindows(360, { control: { errors: 2 }, candidate: { errors: 60 } });
    expect(whenLooking(harmed, { sourceTrouble: TROUBLE }).analysis.verdict).toBe('rollback');
  });

  it('ends as the plan says when it has lasted to the deadline, and not before', () => {
    const endOfData = FIRST_WINDOW + CALM.length * 5000;
    let state = whenLooking(CALM, { sourceTrouble: TROUBLE }).state;
    const verdicts: string[] = [];
    for (let minute = 1; minute <= 8; minute++) {
      const nowMs = endOfData + minute * MINUTE_MS;
      const look = whenLooking([], { state, nowMs, sourceTrouble: TROUBLE, plan: { onNoData: 'roll_back' } });
      state = look.state;
      verdicts.push(look.analysis.verdict);
    }
    expect(verdicts.slice(0, 4)).toEqual(['hold', 'hold', 'hold', 'hold']);
    expect(verdicts.at(-1)).toBe('rollback');
  });
});
