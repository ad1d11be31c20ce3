import { FlagdCore } from '@openfeature/flagd-core';
import { referenceMurmur3 } from '../../../vectors/reference-hash';
import vectors from '../../../vectors/flagd-buckets.json';
import { compileCondition } from '../../../../flags/evaluator/condition';
import { compileFlagdLogic } from '../../../../flags/evaluator/foreign/logic';

const { totals, cases } = vectors;
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
const pairs = cases.flatMap(({ text, buckets }) =>
  totals.map((total, at) => ({ text, total, bucket: buckets[at] as number })),
);

/** Shares of which one is a single bucket. */
function sharesOf(bucket: number, total: number): [string, number][] {
  const shares: [string, number][] = [
    ['before', bucket],
    ['here', 1],
    ['after', total - bucket - 1],
  ];
  return shares.filter(([, weight]) => weight > 0);
}

describe('vectors of flagd’s buckets', () => {
  it('agree with a second implementation, in whole numbers', () => {
    for (const { text, hash, buckets } of cases) {
      const reference = referenceMurmur3(new TextEncoder().encode(text));
      expect([text, hash, buckets]).toEqual([
        text,
        reference,
        totals.map((total) => Number((BigInt(reference) * BigInt(total)) >> 32n)),
      ]);
    }
  });

  it('are the buckets of the condition `bucket`, before an attribute and within it', () => {
    for (const { text, total, bucket } of pairs) {
      for (const cut of new Set([0, 1, text.length - 1])) {
        // A condition draws nobody by nothing; surrogate pairs are one character.
        const [seed, key] = [text.slice(0, cut), text.slice(cut)];
        if (key === '' || /[\ud800-\udbff]$/.test(seed)) continue;
        const draws = (from: number, to: number): boolean =>
          compileCondition(
            { bucket: { hash: 'flagd', seed, attributes: ['x'], size: total, ranges: [[from, to]] } },
            () => undefined,
          )({ x: key });
        expect([text, total, draws(bucket, bucket + 1), draws(0, bucket), draws(bucket + 1, total)]).toEqual([
          text,
          total,
          true,
          false,
          false,
        ]);
      }
    }
  });

  it('are the buckets of `fractional`, and for ASCII those of flagd’s JavaScript core', () => {
    for (const { text, total, bucket } of pairs) {
      const fractional = { fractional: [{ var: 'x' }, ...sharesOf(bucket, total)] };
      expect([text, total, compileFlagdLogic({ logic: fractional, outcome: 'here' })({ x: text })]).toEqual([
        text,
        total,
        true,
      ]);
      if (/[^\u0020-\u007e\t]/.test(text)) continue;
      const flag = {
        state: 'ENABLED',
        variants: { before: 'b', here: 'h', after: 'a' },
        defaultVariant: 'before',
        targeting: fractional,
      };
      const core = new FlagdCore(undefined, silent);
      core.setConfigurations(JSON.stringify({ flags: { drawn: flag } }));
      expect([text, total, core.resolveStringEvaluation('drawn', '', { x: text }, silent).variant]).toEqual([
        text,
        total,
        'here',
      ]);
    }
  });
});
