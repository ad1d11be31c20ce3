import { systemClock } from '../../../../core/clock';
import type { Snapshot } from '../../../../server/snapshot/snapshot-cache';
import { ChangeHub, type EnvironmentState } from '../../../../server/streams/change-hub';

async function versionWith(leaseEndsAtMs: ReadonlyMap<string, number>): Promise<string> {
  const snapshot = { etag: '"tag"', rolloutIds: [...leaseEndsAtMs.keys()], leaseEndsAtMs } as unknown as Snapshot;
  const hub = new ChangeHub(
    { get: () => Promise.resolve(snapshot), invalidate: () => undefined },
    () => 1000,
    systemClock,
  );
  const { version } = await new Promise<EnvironmentState>((resolve) => hub.follow('production', resolve));
  hub.close();
  return version;
}

describe('the version of an environment, which followers send back in a header', () => {
  it('is the entity tag while all leases last', async () => {
    expect(await versionWith(new Map([['a', 2000]]))).toBe('tag');
  });

  it('tells which leases have run out, in a short plain text however many they are', async () => {
    const lapsed = (ids: readonly string[]): Promise<string> => versionWith(new Map(ids.map((id) => [id, 500])));
    const many = await lapsed(Array.from({ length: 5_000 }, (_, index) => `flügge-${index}`));
    expect(many).toMatch(/^tag\.[\w-]{16}$/);
    expect(new Set([many, await lapsed(['a']), await lapsed(['b']), await lapsed(['a', 'b'])]).size).toBe(4);
  });
});
