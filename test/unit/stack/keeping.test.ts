import { restartDelayMs } from '../../../stack/keeping';

describe('restartDelayMs', () => {
  it('doubles from half a second to half a minute, however many deaths there are', () => {
    expect([1, 2, 3, 6, 7, 8, 5_000].map(restartDelayMs)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000]);
  });
});
