import type { Flag } from '../../../../flags/document/flag';
import type { Segment } from '../../../../flags/document/segment';
import type { SdkHoldouts } from '../../../../flags/evaluator/holdout';
import { forSdk, SnapshotCache, type SnapshotReads } from '../../../../server/snapshot/snapshot-cache';
import { ownerMark } from '../../../../server/snapshot/owner-mark';

const flag = (key: string, revision: number, change: Partial<Flag> = {}): Flag => ({
  _id: `production/${key}`,
  schemaVersion: 1,
  environment: 'production',
  key,
  enabled: true,
  type: 'boolean',
  owner: 'team',
  tags: ['tag'],
  variants: { on: true, off: false },
  defaultVariant: 'off',
  offVariant: 'off',
  rules: [],
  prerequisites: [],
  salt: key,
  revision,
  lastChange: {} as Flag['lastChange'],
  ...change,
});

class Reads implements SnapshotReads {
  readonly stored = new Map<string, Flag>();
  storedSegments: Segment[] = [];
  readonly calls: string[] = [];
  readonly since: (number | null)[] = [];
  leaseEnds = new Map<string, number>();
  gate: Promise<void> = Promise.resolve();
  failure: Error | null = null;

  constructor(readonly nowMs: () => number) {}

  async flagRevisions(_environment: string, changedSinceMs: number | null): Promise<ReadonlyMap<string, number>> {
    this.calls.push('revisions');
    this.since.push(changedSinceMs);
    const revisions = new Map([...this.stored].map(([key, { revision }]) => [key, revision]));
    await this.gate;
    if (this.failure !== null) throw this.failure;
    return revisions;
  }
  async flags(_environment: string, keys: readonly string[]): Promise<Flag[]> {
    this.calls.push(`flags ${[...keys].sort().join()}`);
    return keys.flatMap((key) => this.stored.get(key) ?? []);
  }
  async segments(): Promise<Segment[]> {
    return this.storedSegments;
  }
  storedSwitch: { on: boolean; revision: number } | null = null;
  async killSwitch(): Promise<{ on: boolean; revision: number } | null> {
    return this.storedSwitch;
  }
  storedHoldouts: SdkHoldouts | null = null;
  async holdouts(): Promise<SdkHoldouts | null> {
    return this.storedHoldouts;
  }
  async leases(): Promise<ReadonlyMap<string, number>> {
    this.calls.push('leases');
    return this.leaseEnds;
  }
  put(stored: Flag): void {
    this.stored.set(stored.key, stored);
  }
}

describe('SnapshotCache', () => {
  let nowMs: number;
  let reads: Reads;
  let cache: SnapshotCache;
  beforeEach(() => {
    nowMs = 0;
    reads = new Reads(() => nowMs);
    reads.put(flag('b', 1));
    reads.put(flag('a', 1));
    cache = new SnapshotCache(reads, { now: () => nowMs, monotonicMs: () => nowMs });
  });
  const keysOf = (json: string): string[] => [...json.matchAll(/"key":"(\w+)"/g)].map(([, key]) => key ?? '');
  const revisionsRead = (): number => reads.calls.filter((call) => call === 'revisions').length;

  it('reads once for all who ask within 200 ms', async () => {
    await Promise.all([cache.get('production'), cache.get('production')]);
    nowMs += 199;
    await cache.get('production');
    expect(revisionsRead()).toBe(1);
    nowMs += 1;
    await cache.get('production');

    expect(revisionsRead()).toBe(2);
  });

  it('fetches only what changed, sorts by key, and keeps the entity tag while nothing does', async () => {
    const first = await cache.get('production');
    nowMs += 200;
    const second = await cache.get('production');
    reads.put(flag('b', 2, { enabled: false }));
    nowMs += 200;
    const third = await cache.get('production');

    expect(keysOf(first.texts.openJson)).toEqual(['a', 'b']);
    expect(second.etag).toBe(first.etag);
    expect(third.etag).not.toBe(first.etag);
    expect(reads.calls.filter((call) => call.startsWith('flags'))).toEqual(['flags a,b', 'flags b']);
  });

  it('tells at once what needs no reading', async () => {
    expect(cache.peek('production')).toBeUndefined();
    const read = await cache.get('production');
    expect(cache.peek('production')).toBe(read);
    expect(cache.peek('staging')).toBeUndefined();
    nowMs += 200;
    expect(cache.peek('production')).toBeUndefined();
    await cache.get('production');
    cache.invalidate('production');
    expect(cache.peek('production')).toBeUndefined();
  });

  it('is read ahead by who asks at once, so that nobody waits, and is still at most 200 ms old', async () => {
    await cache.get('production');
    reads.put(flag('a', 2));
    nowMs += 139;
    expect(cache.peek('production')?.texts.openJson).toContain('"revision":1');
    expect(revisionsRead()).toBe(1);
    nowMs += 1;
    const kept = cache.peek('production');
    cache.peek('production');
    expect(kept?.texts.openJson).not.toContain('"revision":2');
    await new Promise(setImmediate);
    expect(revisionsRead()).toBe(2);
    nowMs += 199 - 140;
    expect(cache.peek('production')?.texts.openJson).toContain('"revision":2');
    nowMs += 141;
    expect(cache.peek('production')).toBeUndefined();
  });

  it('keeps what it has when a read ahead fails, for as long as that may be kept', async () => {
    await cache.get('production');
    reads.failure = new Error('database away');
    nowMs += 150;
    expect(cache.peek('production')).toBeDefined();
    await new Promise(setImmediate);
    expect(cache.peek('production')).toBeDefined();
    await new Promise(setImmediate);
    nowMs += 50;
    expect(cache.peek('production')).toBeUndefined();
  });

  it('changes its entity tag with segments', async () => {
    const first = await cache.get('production');
    reads.storedSegments = [{ environment: 'production', key: 's', revision: 1, if: { segment: 'x' } }];
    nowMs += 200;

    expect((await cache.get('production')).etag).not.toBe(first.etag);
  });

  it('reads leases before flags, so that a lease is never newer than the weight sent with it', async () => {
    await cache.get('production');

    expect(reads.calls[0]).toBe('leases');
  });

  it('is read anew after an invalidation, and a read overtaken by it is not kept', async () => {
    let open = (): void => undefined;
    reads.gate = new Promise((resolve) => (open = resolve));
    const overtaken = cache.get('production');
    await Promise.resolve();
    await Promise.resolve();
    reads.put(flag('a', 2));
    cache.invalidate('production');
    reads.gate = Promise.resolve();
    const fresh = await cache.get('production');
    open();
    await overtaken;
    const kept = await cache.get('production');

    expect(fresh.texts.openJson).toContain('"revision":2');
    expect(kept.texts.openJson).toContain('"revision":2');
  });

  it('reads what has changed since a little before the last read, and everything every ten seconds', async () => {
    await cache.get('production');
    nowMs += 60_000;
    await cache.get('production');
    nowMs += 9_999;
    await cache.get('production');
    nowMs += 200;
    await cache.get('production');

    expect(reads.since).toEqual([null, null, 60_000 - 10_000, null]);
  });

  it('keeps the leases it knows when only changed ones are read, and drops those that are gone when all are', async () => {
    reads.leaseEnds = new Map([
      ['r1', 1_000],
      ['r2', 1_000],
    ]);
    await cache.get('production');
    reads.leaseEnds = new Map([['r2', 2_000]]);
    nowMs += 200;
    const changed = await cache.get('production');
    nowMs += 10_000;
    const all = await cache.get('production');

    expect([...changed.leaseEndsAtMs]).toEqual([
      ['r1', 1_000],
      ['r2', 2_000],
    ]);
    expect([...all.leaseEndsAtMs]).toEqual([['r2', 2_000]]);
  });

  it('bridges a slow read with what was read within two seconds, but never after a write of its own process', async () => {
    let open = (): void => undefined;
    const before = await cache.get('production');
    reads.put(flag('a', 2));
    reads.gate = new Promise((resolve) => (open = resolve));
    nowMs += 1_999;
    const bridged = await cache.get('production');
    cache.invalidate('production');
    const awaited = cache.get('production');
    const first = await Promise.race([awaited, new Promise((resolve) => setTimeout(resolve, 150, 'waits'))]);
    open();

    expect(bridged).toBe(before);
    expect(first).toBe('waits');
    expect((await awaited).texts.openJson).toContain('"revision":2');
  });

  it('waits for a slow read when what it has is too old', async () => {
    let open = (): void => undefined;
    const before = await cache.get('production');
    reads.gate = new Promise((resolve) => (open = resolve));
    nowMs += 2_000;
    const awaited = cache.get('production');
    const first = await Promise.race([awaited, new Promise((resolve) => setTimeout(resolve, 150, 'waits'))]);
    open();

    expect(first).toBe('waits');
    expect((await awaited).etag).toBe(before.etag);
  });

  it('passes a failed read on, serves nothing older, and recovers', async () => {
    await cache.get('production');
    nowMs += 200;
    reads.failure = new Error('database away');
    await expect(cache.get('production')).rejects.toThrow('database away');
    reads.failure = null;

    await expect(cache.get('production')).resolves.toMatchObject({ environment: 'production' });
  });

  it('tells of holdouts once their revision moves, and of nothing where there never was one', async () => {
    const { etag, texts } = await cache.get('production');
    expect(texts.openJson).not.toContain('holdouts');
    const live = [{ key: 'year', weight: 5, salt: 's', covers: { all: true as const } }];
    reads.storedHoldouts = { revision: 1, live };
    nowMs += 200;
    const covered = await cache.get('production');
    expect(covered.etag).not.toBe(etag);
    expect(covered.holdouts).toEqual({ revision: 1, live });
    expect(JSON.parse(`${covered.texts.openJson}}`)).toMatchObject({ holdouts: { revision: 1, live } });
    reads.storedHoldouts = { revision: 2, live: [] };
    nowMs += 200;
    expect((await cache.get('production')).etag).not.toBe(covered.etag);
  });

  it('tells SDKs what evaluation needs, and of deleted flags only that they were', () => {
    expect(forSdk(flag('a', 3, { deleted: true }))).toEqual({ key: 'a', revision: 3, deleted: true });
    expect(Object.keys(forSdk(flag('a', 1)))).toEqual(
      expect.not.arrayContaining(['lastChange', 'description', 'schemaVersion']),
    );
    expect(forSdk(flag('a', 1))).toMatchObject({ owner: ownerMark('team'), tags: ['tag'] });
    expect(JSON.stringify(forSdk(flag('a', 1)))).not.toContain('team');
    expect(forSdk(flag('a', 1, { tags: [] }))).not.toHaveProperty('tags');
  });
});
