import { readRow } from '../../../../metrics/recorded/read-row';
import { toRecordedTrace } from '../../../../metrics/recorded/recorded-strata';

/** Reads a line as the JSONL reader does. */
function whenRead(line: Record<string, unknown>) {
  return readRow(
    {
      get: (field) => line[field],
      fail(field, message) {
        throw new Error(`${field}: ${message}`);
      },
    },
    ['request'],
  );
}

const LINE = { trace_id: 't', minute: 0, variant: 'canary', weight: 0.1, requests: 50, errors: 2 };
const HIST = { schema: 3, offset: 50, counts: [20, 30] };

describe('readRow', () => {
  it('reads counts, histogram and cells', () => {
    const cells = { requests: Array(64).fill(1), errors: Array(64).fill(0), sum_ms: Array(64).fill(75) };
    const row = whenRead({ ...LINE, hist: HIST, cells });
    expect(row).toMatchObject({ traceId: 't', minute: 0, arm: 'candidate', weight: 0.1, oddities: [] });
    const { control, candidate } = toRecordedTrace([row], []).strata.get(0)!;
    const { request } = candidate.events;
    expect(request).toMatchObject({
      count: 50,
      errors: 2,
      valueCount: 50,
      histogram: { zero: 0, counts: { 50: 20, 51: 30 } },
    });
    expect(request!.cells.sum).toHaveLength(64);
    expect(request!.sum / 50).toBeGreaterThan(73);
    expect(request!.sum / 50).toBeLessThan(80);
    expect(control.events).toEqual({});
  });

  it.each([
    [{ variant: 'blue' }, /variant: is 'blue'/],
    [{ minute: 1.5 }, /minute: is 1.5/],
    [{ minute: undefined }, /minute: is missing/],
    [{ weight: 5 }, /weight: is 5, not a share/],
    [{ requests: 'many' }, /requests: is not a number/],
    [{ hist: [1, 2] }, /hist: is not a histogram/],
    [{ hist: { ...HIST, schema: 99 } }, /hist\.schema/],
    [{ hist: { ...HIST, counts: ['a'] } }, /hist\.counts/],
    [{ cells: { requests: [1], errors: [1] } }, /cells\.requests: is not a list of 64/],
  ])('refuses %j', (change, message) => {
    expect(() => whenRead({ ...LINE, ...change })).toThrow(message);
  });

  it.each([
    [{ requests: -5 }, /requests is -5/],
    [{ errors: 51 }, /errors above requests/],
    [{ hist: { ...HIST, counts: [-1] } }, /negative/],
    [{ lat_p50_ms: 90, lat_p95_ms: 60, lat_p99_ms: 99 }, /not ascending/],
  ])('leaves out and tells of %j', (change, message) => {
    expect(whenRead({ ...LINE, ...change }).oddities).toEqual([expect.stringMatching(message)]);
  });

  it('takes unknown errors for no evidence of errors, instead of for none', () => {
    const trace = toRecordedTrace([whenRead({ ...LINE, errors: 60, hist: HIST })], []);
    expect(trace.strata.get(0)?.candidate.events['request']).toMatchObject({ count: 0, errors: 0, valueCount: 50 });
    expect(trace.quality.oddLines).toBe(1);
  });
});

describe('toRecordedTrace', () => {
  it('puts lines in order of time, counts what is missing or repeated, and begins a transition with each weight', () => {
    const line = (minute: number, variant: string, weight: number, requests = 10) =>
      whenRead({ ...LINE, minute, variant, weight, requests, errors: 0 });
    const trace = toRecordedTrace(
      [
        line(4, 'canary', 0.05),
        line(4, 'control', 0.05),
        line(0, 'control', 0.01),
        line(0, 'canary', 0.01, 9),
        line(0, 'canary', 0.01, 8),
        line(1, 'control', 0.01),
      ],
      [],
    );
    expect(trace.quality).toEqual({ missingMinutes: 2, missingArms: 1, duplicates: 1, oddLines: 0 });
    expect([...trace.strata.values()].map(({ transition, weight }) => [transition, weight])).toEqual([
      [1, 1],
      [1, 1],
      [2, 5],
    ]);
    expect(trace.strata.get(0)?.candidate.events['request']?.count).toBe(8);
  });
});
