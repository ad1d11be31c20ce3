import { shareReads } from '../../../activities/share-reads';

describe('sharing reads', () => {
  it('reads a key once for all who ask within the time, and again after it', async () => {
    let now = 1_000;
    const read = jest.fn(async (key: string) => `${key} at ${now}`);
    const shared = shareReads(read, 500, () => now);
    expect(await Promise.all([shared('a'), shared('a'), shared('b')])).toEqual(['a at 1000', 'a at 1000', 'b at 1000']);
    now = 1_499;
    expect(await shared('a')).toBe('a at 1000');
    now = 1_500;
    expect(await shared('a')).toBe('a at 1500');
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('keeps no failure', async () => {
    const read = jest.fn(async () => 'read').mockRejectedValueOnce(new Error('down'));
    const shared = shareReads(read, 500, () => 0);
    await expect(shared('a')).rejects.toThrow('down');
    expect(await shared('a')).toBe('read');
  });

  it('gives nothing that a clock set back would make look fresh', async () => {
    let now = 10_000;
    const shared = shareReads(
      async () => now,
      500,
      () => now,
    );
    await shared('a');
    now = 2_000;
    expect(await shared('a')).toBe(2_000);
  });
});
