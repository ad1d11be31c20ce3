import { setImmediate as turn } from 'node:timers/promises';
import { probeDatabase, withoutSecrets } from '../../../store/database-probe';
import type { ProbeTarget } from '../../../store/database-probe-target';

/** An in-memory database whose every call takes a turn of the event loop, as a network does. */
function givenDatabase(overrides: Partial<ProbeTarget> = {}) {
  const revisions = new Map<string, number>();
  const claimed = new Set<string>();
  const state = { cleanedUp: false, revisions, claimed };
  const target: ProbeTarget = {
    async insert(id, revision) {
      await turn();
      revisions.set(id, revision);
    },
    async readRevision(id) {
      await turn();
      return revisions.get(id) ?? 0;
    },
    async swap(id, from, to) {
      await turn();
      if (revisions.get(id) !== from) return false;
      revisions.set(id, to);
      return true;
    },
    makeUnique: async () => undefined,
    async claim(value) {
      await turn();
      return claimed.has(value) ? false : claimed.add(value) !== undefined;
    },
    hasReplicaSet: async () => true,
    hasChangeStreams: async () => false,
    hasTransactions: async () => true,
    async cleanUp() {
      state.cleanedUp = true;
    },
    ...overrides,
  };
  return { target, state };
}

describe('the probe of a database', () => {
  it('accepts one that keeps every acknowledged update, and says what it can do', async () => {
    const { target, state } = givenDatabase();
    expect(await probeDatabase(target)).toEqual({ replicaSet: true, changeStreams: false, transactions: true });
    expect(state.cleanedUp).toBe(true);
  });

  it('refuses one that checks the guard in one step and writes in another', async () => {
    const { target, state } = givenDatabase();
    const lossy: ProbeTarget = {
      ...target,
      async swap(id, from, to) {
        const matches = state.revisions.get(id) === from;
        await turn();
        if (matches) state.revisions.set(id, to);
        return matches;
      },
    };
    await expect(probeDatabase(lossy)).rejects.toMatchObject({
      code: 'DATABASE_UNSAFE',
      message: expect.stringMatching(/lost \d+ of 40 concurrent updates that it had acknowledged/) as string,
      remedy: expect.stringContaining('FerretDB') as string,
    });
    expect(state.cleanedUp).toBe(true);
  });

  it('refuses one that lets a unique value in twice', async () => {
    const { target, state } = givenDatabase();
    const lax: ProbeTarget = {
      ...target,
      async claim(value) {
        const free = !state.claimed.has(value);
        await turn();
        state.claimed.add(value);
        return free;
      },
    };
    await expect(probeDatabase(lax)).rejects.toThrow('8 of 8 concurrent inserts of one unique value succeeded');
  });

  it('refuses one that accepts no unique index', async () => {
    const { target } = givenDatabase({ makeUnique: () => Promise.reject(new Error('not supported')) });
    await expect(probeDatabase(target)).rejects.toThrow('not supported');
  });

  it('gives up on one that never lets a guarded update through', async () => {
    const { target } = givenDatabase({ swap: async () => false });
    await expect(probeDatabase(target)).rejects.toMatchObject({ code: 'DATABASE_UNSAFE' });
  });
});

describe('a connection string for people', () => {
  it('shows neither user nor password nor options', () => {
    expect(withoutSecrets('mongodb://root:p%40ss@db-1:27017,db-2/headgate?authSource=admin')).toBe(
      'mongodb://db-1:27017,db-2/headgate',
    );
  });
});
