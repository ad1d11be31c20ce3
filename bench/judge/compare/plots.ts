import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { headgate } from './contenders';
import { curvesOf } from './curves';
import type { TraceArm } from '../traces/trace';
import type { Contender } from './outcome';
import { plotCurves } from './plot';

/** Only `auto` is shown user cells: the other profiles are for services that have none. */
function onCounts(profile: string, judge: Contender): Contender {
  if (profile === 'auto') return judge;
  const bare = (arm: TraceArm | null): TraceArm | null => (arm === null ? null : { ...arm, cells: null });
  return {
    ...judge,
    decide: ({ minutes, ...trace }) =>
      judge.decide({
        ...trace,
        minutes: minutes.map(({ weight, control, candidate }) => ({
          weight,
          control: bare(control),
          candidate: bare(candidate),
        })),
      }),
  };
}

/** Draws time to a decision against false rollbacks, for friendly and hostile noise, into a folder. */
function main(): void {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'docs/images' },
      good: { type: 'string', default: '60' },
      bad: { type: 'string', default: '25' },
      seed: { type: 'string', default: '1003' },
      // Promised rates that ours is run at; the first is drawn as its documented setting.
      rates: { type: 'string', default: '0.01,0.05,0.2' },
    },
  });
  const rates = values.rates.split(',').map(Number);
  mkdirSync(values.out, { recursive: true });
  for (const [noise, profiles] of [
    ['friendly', ['fast', 'auto']],
    ['hostile', ['safe', 'auto']],
  ] as const) {
    // The peers use no cells; `auto` has them, since telling clustered from independent requests is what they are for.
    const set = { noise, cells: true, good: Number(values.good), bad: Number(values.bad), seed: Number(values.seed) };
    const ours = new Map(
      profiles.map((profile) => [
        `Headgate, ${profile}`,
        rates.map((rate) => onCounts(profile, headgate(profile, rate))),
      ]),
    );
    const curves = curvesOf(set, ours);
    const title =
      noise === 'friendly' ? 'Independent requests' : 'Hostile noise: users, bursts, drift of one arm, lost minutes';
    writeFileSync(
      join(values.out, `judges-${noise}.svg`),
      plotCurves(title, curves, (name) => ours.has(name)),
    );
    for (const { name, stock, points } of curves) {
      const said = points.map(
        ({ falseRollback, meanMinutes }) => `${(100 * falseRollback).toFixed(1)} %/${meanMinutes.toFixed(1)}`,
      );
      console.log(
        `${noise} | ${name} | ${(100 * stock.falseRollback).toFixed(1)} % | ${stock.meanMinutes.toFixed(1)} min | ${said.join(' ')}`,
      );
    }
  }
}

main();
