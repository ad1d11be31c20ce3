import { answerWithin, within } from '../../../core/within';

const never = new Promise<string>(() => undefined);

describe('within', () => {
  it('answers what the work comes to in time', async () => {
    await expect(within(60_000, Promise.resolve('done'), null)).resolves.toBe('done');
  });

  it('answers something else when the work takes longer, also when there is no time at all', async () => {
    await expect(within(1, never, null)).resolves.toBeNull();
    await expect(within(-5, never, 'bridge')).resolves.toBe('bridge');
  });

  it('passes on what the work fails by in time, and lets nobody hear of it later', async () => {
    await expect(within(60_000, Promise.reject(new Error('broken')), null)).rejects.toThrow('broken');
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<string>((_resolve, reject) => (fail = reject));
    await expect(within(1, late, 'bridge')).resolves.toBe('bridge');
    // An unhandled rejection would end the process.
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('answerWithin', () => {
  it('answers what the work comes to in time, or fails as it does', async () => {
    await expect(answerWithin(60_000, Promise.resolve(7), 'nobody answered')).resolves.toBe(7);
    await expect(answerWithin(60_000, Promise.reject(new Error('broken')), 'nobody answered')).rejects.toThrow(
      'broken',
    );
  });

  it('says who did not answer, and within what', async () => {
    await expect(answerWithin(2, never, 'the database did not answer')).rejects.toThrow(
      'the database did not answer within 2 ms',
    );
  });
});
