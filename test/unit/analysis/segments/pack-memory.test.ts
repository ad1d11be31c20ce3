import { emptyTrial } from '../../../../analysis/evidence/trial';
import { emptyEvidence } from '../../../../analysis/metric-evidence';
import { packMemory, unpackMemory } from '../../../../analysis/segments/pack-memory';
import { emptySums } from '../../../../analysis/segments/segment-state';
import type { Tally } from '../../../../analysis/tally';
import { Metric } from '../../../../flags/plan/metric';

type Memory = Parameters<typeof packMemory>[0];

const metric = Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.01 } });

/** A memory whose numbers all differ, so that none can stand in for another. */
function memoryOf(names: readonly string[], from: number, extremes = 3): Memory {
  let next = from;
  const memory: Memory = { evidence: {}, trials: {}, users: {}, sums: {} };
  for (const name of names) {
    const evidence = emptyEvidence(metric);
    const tally = evidence.harm as unknown as Record<string, unknown>;
    for (const [field, value] of Object.entries(tally)) {
      if (typeof value === 'number') tally[field] = next++;
      if (value instanceof Float32Array) tally[field] = value.map(() => next++);
    }
    const part = (): [number, number, number] => [next++, next++, next++];
    Object.assign(tally, {
      last: part(),
      worst: Array.from({ length: extremes }, part),
      best: Array.from({ length: extremes }, part),
    } satisfies Partial<Tally>);
    const trial = emptyTrial(metric);
    trial.steady.extremes = [next++, next++];
    trial.swift.whole = trial.swift.whole.map(() => next++);
    memory.evidence[name] = evidence;
    memory.trials[name] = trial;
    memory.sums[name] = { ...emptySums(), candidateUnits: next++ };
  }
  return memory;
}

describe('packMemory', () => {
  it('reads every number again where it was', () => {
    const names = ['a', 'b', 'c'];
    const memory = memoryOf(names, 1);
    expect(unpackMemory(packMemory(memory, names), names)).toEqual(memory);
  });

  it('has room for more metrics than usual', () => {
    const names = Array.from({ length: 60 }, (_, index) => `m${index}`);
    const memory = memoryOf(names, 1);
    expect(unpackMemory(packMemory(memory, names), names)).toEqual(memory);
  });

  it('keeps nothing of the segment packed before', () => {
    const small = memoryOf(['a'], 9000, 1);
    const text = packMemory(small, ['a']);
    packMemory(memoryOf(['a', 'b'], 1), ['a', 'b']);
    expect(packMemory(small, ['a'])).toBe(text);
  });
});
