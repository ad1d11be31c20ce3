import { TokenCache } from '../../../../server/tokens/token-cache';

describe('TokenCache', () => {
  let nowMs = 0;
  let reads: string[] = [];
  const clock = { now: () => nowMs, monotonicMs: () => nowMs };
  beforeEach(() => {
    nowMs = 1_000;
    reads = [];
  });
  const cache = (): TokenCache<number> =>
    new TokenCache((hash) => {
      reads.push(hash);
      return Promise.resolve(reads.length);
    }, clock);

  it('believes a look-up for less than five seconds, counted from before it was made', async () => {
    const tokens = cache();
    await tokens.get('a');
    nowMs += 2_999;
    await tokens.get('a');
    expect(reads).toEqual(['a']);
    nowMs += 1;
    await tokens.get('a');

    expect(reads).toEqual(['a', 'a']);
  });

  it('tells at once what it knows, for as long as it believes it', async () => {
    const tokens = cache();
    const looking = tokens.get('a');
    expect(tokens.peek('a')).toBeUndefined();
    await looking;
    expect(tokens.peek('a')).toBe(1);
    expect(tokens.peek('b')).toBeUndefined();
    nowMs += 2_999;
    expect(tokens.peek('a')).toBe(1);
    nowMs += 1;
    expect(tokens.peek('a')).toBeUndefined();
    await tokens.get('a');
    tokens.clear();
    expect(tokens.peek('a')).toBeUndefined();
    expect(reads).toEqual(['a', 'a']);
  });

  it('shares a look-up under way', async () => {
    const tokens = cache();
    await Promise.all([tokens.get('a'), tokens.get('a'), tokens.get('b')]);

    expect(reads).toEqual(['a', 'b']);
  });

  it('looks again after it was cleared', async () => {
    const tokens = cache();
    await tokens.get('a');
    tokens.clear();
    await tokens.get('a');

    expect(reads).toHaveLength(2);
  });

  it('does not remember failures', async () => {
    let fails = true;
    const tokens = new TokenCache(async () => {
      if (fails) throw new Error('database away');
      return 1;
    }, clock);
    await expect(tokens.get('a')).rejects.toThrow('database away');
    fails = false;

    await expect(tokens.get('a')).resolves.toBe(1);
  });

  it('keeps a bounded number of look-ups', async () => {
    const tokens = cache();
    for (let index = 0; index <= 2_000; index += 1) await tokens.get(`token-${index}`);
    await tokens.get('token-0');

    expect(reads).toHaveLength(2_002);
  });
});
