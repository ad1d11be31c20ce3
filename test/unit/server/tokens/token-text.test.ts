import { isSameHash, newToken, tokenHash } from '../../../../server/tokens/token-text';

describe('token texts', () => {
  it('are different each time and kept as a hash that does not hold them', () => {
    const [a, b] = [newToken(), newToken()];

    expect(a.text).not.toBe(b.text);
    expect(a.text).toMatch(/^hg_[0-9a-f]{12}_[\w-]{43}$/);
    expect(tokenHash(a.text)).toBe(a.hash);
    expect(a.text).not.toContain(a.hash);
  });

  it.each(['', 'hg_', 'hg_000000000000', `hg_000000000000_${'a'.repeat(42)}`, `xx_000000000000_${'a'.repeat(43)}`])(
    'are not taken for one when they are %p',
    (text) => expect(tokenHash(text)).toBeNull(),
  );

  it('are compared by whole hashes', () => {
    expect(isSameHash('00ff', '00ff')).toBe(true);
    expect(isSameHash('00ff', '00fe')).toBe(false);
    expect(isSameHash('00ff', '00')).toBe(false);
  });
});
