import { firstWay, type Program, type Way } from '../../../../stack/ways/way';

const program: Program = { engine: 'temporal', command: '/bin/temporal', args: [], origin: 'found' };
const open = (name: string): Way => ({ name, attempt: async () => ({ taken: { ...program, origin: name } }) });
const closed = (name: string, declined: string, remedy?: string): Way => ({
  name,
  attempt: async () => ({ declined, remedy }),
});

describe('choosing a way', () => {
  it('takes the first that works and tries none after it', async () => {
    const later = { name: 'later', attempt: jest.fn<ReturnType<Way['attempt']>, []>() };
    const taken = await firstWay(
      'temporal',
      [closed('PATH', 'not there'), open('cache'), later],
      'VARIABLE',
      () => undefined,
    );
    expect(taken.origin).toBe('cache');
    expect(later.attempt).not.toHaveBeenCalled();
  });

  it('goes on to the next when one throws', async () => {
    const broken: Way = { name: 'PATH', attempt: () => Promise.reject(new Error('odd')) };
    expect((await firstWay('temporal', [broken, open('cache')], 'VARIABLE', () => undefined)).origin).toBe('cache');
  });

  it('says in one line that a download was refused', async () => {
    const lines: string[] = [];
    const ways = [closed('PATH', 'not there'), closed('download', 'no such host'), open('build')];
    await firstWay('mongodb', ways, 'VARIABLE', (line) => lines.push(line));
    expect(lines).toEqual(['mongodb: download not possible (no such host), trying the next way']);
  });

  it('names every reason and remedy when none works', async () => {
    const ways = [closed('PATH', 'no temporal there'), closed('build', 'go is not installed', 'Install Go.')];
    await expect(firstWay('temporal', ways, 'HEADGATE_TEMPORAL_ADDRESS', () => undefined)).rejects.toMatchObject({
      code: 'STACK_UNAVAILABLE',
      message: 'no way to provide temporal works: PATH: no temporal there; build: go is not installed',
      remedy: 'Install Go. Or: Set HEADGATE_TEMPORAL_ADDRESS to the address of a running one.',
    });
  });
});
