import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../stack/lock';
import { givenTempDir } from '../../support/temp-dir';

const givenPath = (): string => join(givenTempDir(), 'deep', 'a.lock');

describe('a lock', () => {
  it('lets one holder in at a time', async () => {
    const path = givenPath();
    let inside = 0;
    let most = 0;
    const visit = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await sleep(5);
        inside -= 1;
      });
    await Promise.all([visit(), visit(), visit()]);
    expect(most).toBe(1);
    expect(existsSync(path)).toBe(false);
  });

  it('tells a waiting process whom it waits for, once', async () => {
    const path = givenPath();
    const waitedFor: number[] = [];
    let open: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (open = resolve));
    const first = withLock(path, () => held);
    await sleep(20);
    const second = withLock(
      path,
      async () => 'in',
      (pid) => waitedFor.push(pid),
    );
    await sleep(250);
    open();
    await first;
    expect(await second).toBe('in');
    expect(waitedFor).toEqual([process.pid]);
  });

  it('is free again when its holder has failed', async () => {
    const path = givenPath();
    await expect(withLock(path, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    expect(await withLock(path, async () => 'in')).toBe('in');
  });

  it('is taken over, by one of several, from a holder that has died', async () => {
    const path = givenPath();
    await withLock(path, async () => undefined);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(path, JSON.stringify({ pid, identity: 'gone', token: 'dead' }));
    let inside = 0;
    let most = 0;
    const visit = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await sleep(5);
        inside -= 1;
      });
    await Promise.all([visit(), visit(), visit()]);
    expect(most).toBe(1);
  });

  it('is taken over from a holder that died before it had written its name', async () => {
    const path = givenPath();
    await withLock(path, async () => undefined);
    writeFileSync(path, '');
    const old = Date.now() / 1000 - 60;
    utimesSync(path, old, old);
    expect(await withLock(path, async () => 'in')).toBe('in');
  });
});
