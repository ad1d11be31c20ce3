import { addBlock, emptySteady } from '../../../analysis/evidence/steady-evidence';
import { settingsOf } from '../../../analysis/evidence/settings';
import { emptyTrial } from '../../../analysis/evidence/trial';
import type { ArmSample } from '../../../analysis/arm-sample';
import { emptyEvidence } from '../../../analysis/metric-evidence';
import { packMemory, unpackMemory } from '../../../analysis/segments/pack-memory';
import { addWindow, CELLS, emptyTally } from '../../../analysis/tally';
import { Metric } from '../../../flags/plan/metric';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { addGains, emptyMixture } from '../../../ml/sequential/start-mixture';

/** What is written for speed gives the same bits as the sum written down plainly. */

function givenSample(random: () => number, emptyShare: number, hasSums: boolean): ArmSample {
  const cellUnits = Array.from({ length: CELLS }, () => (random() < emptyShare ? 0 : 1 + Math.floor(9 * random())));
  const cellSums = hasSums ? cellUnits.map((units) => Math.floor((units + 1) * random())) : [];
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const units = total(cellUnits);
  return {
    units,
    sum: total(cellSums),
    sumOfSquares: 0,
    unitSquares: units,
    cellUnits,
    cellSums,
    histogram: null,
  };
}

describe('sums over user cells', () => {
  it.each([
    ['crowded', 0.05, true],
    ['nearly empty', 0.95, true],
    ['without sums', 0.5, false],
  ])('are those of a plain sum over the cells that hold something, where cells are %s', (_, emptyShare, hasSums) => {
    const random = mulberry32(11);
    for (const sign of [1, -1] as const) {
      const tally = emptyTally();
      const score = new Float32Array(CELLS);
      const weights = new Float32Array(CELLS);
      const centred = new Float32Array(CELLS);
      for (let window = 0; window < 60; window++) {
        const candidate = givenSample(random, emptyShare, hasSums);
        const control = givenSample(random, emptyShare, hasSums);
        addWindow(tally, [{ candidate, control }], { sign, absolute: 0.01, relative: 0 });
        if (candidate.units === 0 || control.units === 0) continue;
        const weight = candidate.units * (control.units / (candidate.units + control.units));
        const level = control.sum / control.units;
        const centring = Math.sqrt(control.units / (control.units - 1));
        for (let cell = 0; cell < CELLS; cell++) {
          const [units, sum] = [candidate.cellUnits[cell]!, candidate.cellSums[cell] ?? 0];
          if (units !== 0 || sum !== 0) {
            score[cell] = score[cell]! + (weight / candidate.units) * sign * (sum - level * units);
            weights[cell] = weights[cell]! + (weight / candidate.units) * units;
          }
          const [ownUnits, ownSum] = [control.cellUnits[cell]!, control.cellSums[cell] ?? 0];
          if (control.units < 2 || (ownUnits === 0 && ownSum === 0)) continue;
          centred[cell] = centred[cell]! + (weight / control.units) * centring * (ownSum - level * ownUnits);
        }
      }
      expect([tally.cellScore, tally.cellWeight, tally.cellControl]).toEqual([score, weights, centred]);
      expect(tally.cellWeight.some((value) => value > 0)).toBe(true);
    }
  });
});

describe('the worst blocks of steady evidence', () => {
  it('are the largest of all blocks, in order, ties included', () => {
    const random = mulberry32(12);
    const settings = settingsOf('error_rate');
    const sums = emptySteady();
    const all: number[] = [];
    for (let block = 0; block < 200; block++) {
      const score = Math.round(10 * (random() - 0.5));
      addBlock(sums, score, 4, settings);
      const noise = 1 + settings.steadyNoise * settings.steadyNoise * 4;
      all.push(score / noise - settings.tolerance * (4 / noise));
      expect(sums.extremes).toEqual(all.toSorted((a, b) => b - a).slice(0, settings.clipped + 1));
    }
  });
});

describe('gains of a mixture', () => {
  it('are divided by the tempering as if they had been before', () => {
    const random = mulberry32(13);
    const [tempered, plain] = [emptyMixture(4), emptyMixture(4)];
    for (let window = 0; window < 100; window++) {
      const gains = Array.from({ length: 4 }, () => 4 * (random() - 0.6));
      const tempering = 1 + 3 * random();
      const windowsPerBlock = 1 + (window % 3);
      addGains(tempered, gains, windowsPerBlock, tempering);
      addGains(
        plain,
        gains.map((gain) => gain / tempering),
        windowsPerBlock,
      );
    }
    expect(tempered).toEqual(plain);
    expect(tempered.whole.every((sum) => sum !== 0)).toBe(true);
  });
});

describe('the packed memory of a segment', () => {
  it('is read as it was written, also where a list is far longer than usual', () => {
    const random = mulberry32(14);
    const metrics = ['first', 'second', 'third'].map((name) =>
      Metric.parse({ name, kind: 'error_rate', event: 'request', margin: { absolute: 0.01 } }),
    );
    const memory = {
      evidence: Object.fromEntries(metrics.map((metric) => [metric.name, emptyEvidence(metric)])),
      trials: Object.fromEntries(metrics.map((metric) => [metric.name, emptyTrial(metric)])),
      users: { second: { starts: 2, transition: 7, banked: 0.25 } },
      sums: Object.fromEntries(
        metrics.map(({ name }) => [
          name,
          { candidateUnits: random(), candidateSum: random(), controlUnits: random(), controlSum: random() },
        ]),
      ),
    };
    memory.trials['first']!.steady.extremes = Array.from({ length: 3000 }, () => random());
    memory.evidence['third']!.harm.cellScore[5] = 1.5;
    memory.evidence['third']!.harm.worst = [[1, 2, 3]];
    const names = metrics.map(({ name }) => name);
    expect(unpackMemory(packMemory(memory, names), names)).toEqual(memory);
  });
});
