import fc from 'fast-check';
import { aggregateEvents, type Aggregated, type Arrival } from '../../../metrics/aggregate';
import { mergeDeltas, type Deltas } from '../../../metrics/deltas';
import type { MetricEvent } from '../../../metrics/events';
import { MAX_EVENT_NAMES, PathTable } from '../../../metrics/path-table';
import { givenExposure, givenRequest, OBSERVED, WINDOW_START } from '../../support/event-builders';

function whenAggregated(events: MetricEvent[], change: Partial<Arrival> = {}): Aggregated {
  return aggregateEvents(events, {
    environment: 'production',
    arrivedAt: WINDOW_START + 2_000,
    observedOf: (flag, rollout) => (flag === 'checkout' && rollout === 'r1' ? OBSERVED : null),
    cellOf: () => 42,
    paths: new PathTable(),
    ...change,
  });
}

/** All amounts as `segment path`, of the one window that the events fall into. */
function amountsIn({ deltas }: { deltas: Deltas }): Record<string, number> {
  const entries = [...deltas.values()].flatMap(({ key, amounts }) =>
    [...amounts].map(([path, amount]) => [`${key.segment} ${path}`, amount] as const),
  );
  return Object.fromEntries(entries);
}

describe('aggregating a batch', () => {
  it('counts an exposure for everybody, in its user cell', () => {
    const aggregated = whenAggregated([givenExposure(), givenExposure({ mixed: true, cell: 4 })]);
    expect(amountsIn(aggregated)).toEqual({
      '* exposures': 2,
      '* exposureCells.3': 1,
      '* exposureCells.4': 1,
      '* mixed': 1,
    });
    expect(aggregated).toMatchObject({ accepted: 2, ignored: 0 });
  });

  it('counts an outcome with its value, bin, thresholds and cell', () => {
    const aggregated = whenAggregated([givenRequest({ value: 1024, error: true, first: true })]);
    expect(amountsIn(aggregated)).toEqual({
      '* withOutcome': 1,
      '* events.request.count': 1,
      '* events.request.errors': 1,
      '* events.request.valueCount': 1,
      '* events.request.sum': 1024,
      '* events.request.sumOfSquares': 1024 * 1024,
      '* events.request.over.500': 1,
      '* events.request.over.0_5': 1,
      '* events.request.bins.80': 1,
      '* events.request.cells.count.3': 1,
      '* events.request.cells.errors.3': 1,
      '* events.request.cells.valueCount.3': 1,
      '* events.request.cells.sum.3': 1024,
      '* events.request.cells.over.500.3': 1,
      '* events.request.cells.over.0_5.3': 1,
    });
  });

  it('does not count a value at a threshold as above it', () => {
    expect(amountsIn(whenAggregated([givenRequest({ value: 500 })]))).not.toHaveProperty(['* events.request.over.500']);
  });

  it('counts an open request as slower than what it has passed, and not as a measurement', () => {
    expect(amountsIn(whenAggregated([givenRequest({ value: 700, open: true })]))).toEqual({
      '* events.request.count': 1,
      '* events.request.open': 1,
      '* events.request.cells.open.3': 1,
      '* events.request.over.500': 1,
      '* events.request.over.0_5': 1,
      '* events.request.cells.count.3': 1,
      '* events.request.cells.over.500.3': 1,
      '* events.request.cells.over.0_5.3': 1,
    });
  });

  it('counts zero and negative values apart from the bins', () => {
    const amounts = amountsIn(whenAggregated([givenRequest({ value: 0 }), givenRequest({ value: -2 })]));
    expect(amounts).toMatchObject({ '* events.request.zero': 2, '* events.request.sum': -2 });
  });

  it('counts each observed segment of an event once, and others not', () => {
    const amounts = amountsIn(whenAggregated([givenExposure({ segments: ['beta', 'beta', 'unknown'] })]));
    expect(amounts).toEqual({
      '* exposures': 1,
      '* exposureCells.3': 1,
      'beta exposures': 1,
      'beta exposureCells.3': 1,
    });
  });

  it('puts an outcome into the window of its exposure', () => {
    const [delta] = whenAggregated([givenRequest({ exposedAt: WINDOW_START - 1 })]).deltas.values();
    expect(delta?.key.windowStartAt).toBe(WINDOW_START - 10_000);
  });

  it('counts what comes up to eight seconds after the end, and later only as late', () => {
    const events = [givenExposure(), givenRequest()];
    const inTime = amountsIn(whenAggregated(events, { arrivedAt: WINDOW_START + 18_000 }));
    const afterwards = whenAggregated(events, { arrivedAt: WINDOW_START + 18_001 });
    const late = amountsIn(afterwards);
    expect(inTime).toMatchObject({ '* exposures': 1, '* events.request.count': 1 });
    expect(late).toEqual({ '* late': 2 });
    expect([...afterwards.deltas.values()].map(({ key }) => key.windowStartAt)).toEqual([WINDOW_START + 10_000]);
  });

  it('makes a cell of a targeting key where no cell is given', () => {
    const amounts = amountsIn(whenAggregated([givenExposure({ cell: undefined, targetingKey: 'ada' })]));
    expect(amounts).toHaveProperty(['* exposureCells.42'], 1);
  });

  it.each([
    ['of an unknown rollout', givenExposure({ rollout: 'r0' })],
    ['of an unknown flag', givenExposure({ flag: 'other' })],
    ['without cell and key', givenExposure({ cell: undefined })],
    ['with an infinite value', givenRequest({ value: Infinity })],
    ['with no number for a value', givenRequest({ value: NaN })],
    ['with a value beyond measure', givenRequest({ value: -1.1e12 })],
    ['with a variant that no flag can have', givenExposure({ variant: 'a.b' })],
    ['more than five minutes ahead', givenExposure({ at: WINDOW_START + 302_001 })],
    ['more than a day old', givenExposure({ at: WINDOW_START - 86_400_000 })],
  ])('ignores an event %s', (_what, event) => {
    expect(whenAggregated([event])).toMatchObject({ accepted: 0, ignored: 1, deltas: new Map() });
  });

  it("keeps apart event names like an object's own methods", () => {
    const amounts = amountsIn(whenAggregated([givenRequest({ name: 'constructor' })]));
    expect(amounts).toHaveProperty(['* events.constructor.count'], 1);
  });

  it('ignores event names beyond the hundredth of a rollout', () => {
    const events = Array.from({ length: MAX_EVENT_NAMES + 5 }, (_, index) => givenRequest({ name: `event${index}` }));
    expect(whenAggregated([...events, ...events])).toMatchObject({ accepted: 2 * MAX_EVENT_NAMES, ignored: 10 });
  });

  it('gives the same amounts however events are divided into batches', () => {
    const event = fc.record({
      cell: fc.integer({ min: 0, max: 63 }),
      variant: fc.constantFrom('on', 'off'),
      value: fc.integer({ min: -5, max: 2000 }),
      error: fc.boolean(),
      exposedAt: fc.integer({ min: WINDOW_START, max: WINDOW_START + 20_000 }),
      segments: fc.subarray(['beta', 'gamma']),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(3)), { minLength: 1 }), (drawn) => {
        const whole = whenAggregated(drawn.map(([change]) => givenRequest(change))).deltas;
        const merged: Deltas = new Map();
        for (let batch = 0; batch <= 3; batch += 1) {
          const part = drawn.filter(([, of]) => of === batch).map(([change]) => givenRequest(change));
          mergeDeltas(merged, whenAggregated(part).deltas);
        }
        const sorted = (deltas: Deltas): unknown =>
          [...deltas].map(([id, { amounts }]) => [id, [...amounts].sort()] as const).sort();
        expect(sorted(merged)).toEqual(sorted(whole));
      }),
    );
  });
});
