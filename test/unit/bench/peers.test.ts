import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minutesOf } from '../../../bench/judge/peers/minutes';
import { firstAt, PEERS } from '../../../bench/judge/peers/peers';
import { traceSet } from '../../../bench/judge/traces/sets';

/** By trace and judge: minute of the rollback, highest score. */
type Reference = Record<string, Record<string, [minute: number | null, highest: number | null]>>;

const reference = JSON.parse(readFileSync(join(__dirname, '../../fixtures/bench/peers.json'), 'utf8')) as Reference;

describe('the ported judges of the field', () => {
  it.each(['friendly', 'hostile'] as const)('decide and score as the reference on traces with %s noise', (noise) => {
    const traces = [...traceSet({ noise, cells: false, good: 1, bad: 1, seed: 1 })];
    expect(traces).toHaveLength(12);
    // A third of them, good and bad: Kayenta's test is slow.
    for (const trace of traces.filter((_, index) => index % 3 === 0)) {
      const minutes = minutesOf(trace);
      for (const { name, score, threshold } of PEERS) {
        const [minute, highest] = reference[trace.id]?.[name] ?? [];
        const scores = score(minutes);
        const best = Math.max(...scores.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value)));
        expect([trace.id, name, firstAt(scores, threshold)]).toEqual([trace.id, name, minute]);
        const difference =
          highest === null ? Number(best !== Number.NEGATIVE_INFINITY) : best - (highest ?? Number.NaN);
        expect(Math.abs(difference)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(highest ?? 0)));
      }
    }
  });
});
