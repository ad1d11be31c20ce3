import { runPace } from '../../../bench/pace/run-pace';
import { measureCost } from '../../../bench/segments/cost';
import { CALM, ROUGH, simulateNoisySegments } from '../../../bench/segments/dependent-noise';
import { simulateExclusions } from '../../../bench/segments/promise';

/** Smoke runs of the studies in bench/segments and bench/pace; their figures stand in docs/segments.md and docs/pace.md. */
describe('the studies of segments and pace', () => {
  it('find the harmed segments and no other', () => {
    const good = { requests: 100, control: 0.03, candidate: 0.03 };
    const { right, wrong } = simulateExclusions(1, 2, good, { ...good, candidate: 0.2 });
    expect([right, wrong]).toEqual([2, 0]);
  });

  it('find a segment with five times the errors under dependent noise, and no other', () => {
    const { wrong, foundAt } = simulateNoisySegments(1, CALM, 5);
    expect([wrong, foundAt !== null && foundAt <= 10]).toEqual([0, true]);
    expect(simulateNoisySegments(2, ROUGH, 5).wrong).toBe(0);
  });

  it('keep the state of fifty segments bounded, whatever the number of windows', () => {
    const few = measureCost(4, 1);
    const more = measureCost(12, 1);
    expect(more['stateBytes']).toBeLessThan(4_000_000);
    expect(Math.abs((more['stateBytes'] ?? 0) / (few['stateBytes'] ?? 1) - 1)).toBeLessThan(0.05);
  });

  it('take a bad candidate back at either pace', () => {
    const trace = { name: 'bad', requestsPerMinute: 6000, control: 0.01, candidate: 0.2 };
    for (const pace of ['steps', 'adaptive'] as const) {
      const { outcome, narrows } = runPace(trace, pace, 1, 15);
      expect(outcome === 'rolled_back' || narrows > 0).toBe(true);
    }
  });
});
