import { parseArgs } from 'node:util';
import { isNoise, traceSet, type TraceSet } from './sets';
import { writeTraces } from './write';

/** Writes simulated traces to a folder, to be judged by `headgate backtest` or any other judge. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      noise: { type: 'string', default: 'friendly' },
      cells: { type: 'boolean', default: false },
      good: { type: 'string', default: '20' },
      bad: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
    },
  });
  const { out, noise } = values;
  if (out === undefined || !isNoise(noise)) {
    throw new Error(
      'usage: --out FOLDER [--noise friendly|hostile|exchangeable|sessions] [--cells] [--good N] [--bad N] [--seed N]',
    );
  }
  const set: TraceSet = {
    noise,
    cells: values.cells,
    good: Number(values.good),
    bad: Number(values.bad),
    seed: Number(values.seed),
  };
  console.log(`${await writeTraces(out, traceSet(set))} traces of each kind in ${out}`);
}

void main();
