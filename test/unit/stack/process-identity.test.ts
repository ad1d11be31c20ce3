import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAlive, processIdentity, signalProcess } from '../../../stack/process-identity';

describe('the identity of a process', () => {
  it('stays the same as long as it lives', () => {
    expect(processIdentity(process.pid)).toBeDefined();
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  });

  it('differs between processes', () => {
    expect(processIdentity(process.ppid)).not.toBe(processIdentity(process.pid));
  });

  it('is none for a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(processIdentity(child.pid ?? 0)).toBeUndefined();
  });

  it.each([0, -1, 1.5, Number.NaN])('is none for %p, which is no process of ours', (pid) => {
    expect(processIdentity(pid)).toBeUndefined();
  });

  it('keeps a stale pid from ending a stranger', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const pid = stranger.pid ?? 0;
    const identity = processIdentity(pid) ?? '';
    expect(signalProcess(pid, `${identity}0`, 'SIGKILL')).toBe(false);
    expect(isAlive(pid, identity)).toBe(true);
    const ended = once(stranger, 'exit');
    expect(signalProcess(pid, identity, 'SIGKILL')).toBe(true);
    await ended;
    expect(isAlive(pid, identity)).toBe(false);
  });
});
