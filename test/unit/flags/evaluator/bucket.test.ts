import fc from 'fast-check';
import { referenceBucket } from '../../../vectors/reference-hash';
import { BUCKET_COUNT, bucketOf, thresholdOf } from '../../../../flags/evaluator/bucket';
import { cellOf } from '../../../../flags/evaluator/cell';
import { EMPTY_HASH, murmur3 } from '../../../../flags/evaluator/murmur3';
import { CELL_COUNT } from '../../../../metrics/events';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const anyText = fc.oneof(text, fc.string(), fc.string({ unit: fc.constantFrom('\ud83d', '\ude42', 'ß', 'a') }));

describe('murmur3', () => {
  it.each([
    ['', 0],
    ['test', 0xba6bd213],
    ['Hello, world!', 0xc0363e43],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ])('gives the published hash of %j', (input, hash) => {
    expect(murmur3(EMPTY_HASH, input)).toBe(hash);
  });

  it('equals the reference over UTF-8 for any text', () => {
    fc.assert(
      fc.property(anyText, anyText, (salt, key) => {
        expect(bucketOf(salt, key)).toBe(referenceBucket(salt, key).bucket);
      }),
    );
  });
});

describe('buckets', () => {
  const counts = (salt: string, users: number, of: number): number[] => {
    const found = new Array<number>(of).fill(0);
    for (let user = 0; user < users; user += 1) {
      const at = Math.floor((bucketOf(salt, `user-${user}`) * of) / BUCKET_COUNT);
      found[at] = (found[at] ?? 0) + 1;
    }
    return found;
  };

  it.each(['a', 'checkout', '9f8e7d6c'])(
    'spread users evenly under salt %s (chi-square, 99 degrees, p > 0.001)',
    (salt) => {
      const expected = 1000;
      const chiSquare = counts(salt, 100_000, 100).reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(148.2);
    },
  );

  it('are independent between salts', () => {
    const users = 100_000;
    let both = 0;
    for (let user = 0; user < users; user += 1) {
      if (bucketOf('first', `user-${user}`) < 10_000 && bucketOf('second', `user-${user}`) < 10_000) both += 1;
    }
    expect(Math.abs(both - users / 100)).toBeLessThan(4 * Math.sqrt(users / 100));
  });

  it('give a weight of 0.001 % one bucket in 100,000', () => {
    expect(thresholdOf(0.001)).toBe(1);
    const users = 500_000;
    let served = 0;
    for (let user = 0; user < users; user += 1) if (bucketOf('tiny', `u${user}`) < thresholdOf(0.001)) served += 1;
    // Poisson with mean 5.
    expect(served).toBeGreaterThanOrEqual(1);
    expect(served).toBeLessThanOrEqual(15);
  });

  it('cover every weight of three decimals exactly', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 100_000 }), (n) => thresholdOf(n / 1000) === n));
  });
});

describe('cells', () => {
  it('are as many as ingestion keeps, evenly filled', () => {
    const found = new Array<number>(CELL_COUNT).fill(0);
    for (let user = 0; user < 64_000; user += 1) found[cellOf(`user-${user}`)]! += 1;
    expect(found.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(103.4);
  });
});
