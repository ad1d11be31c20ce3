import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk';
import { rolloutBlock, sdkFlag } from '../../support/sdk-flags';
import { eventually, movableClock, SdkServer } from '../../support/sdk-server';
import { HeadgateProvider, type HeadgateProviderOptions } from '../../../sdk/src';

const silent = { error: jest.fn(), warn: jest.fn(), info: jest.fn(), debug: jest.fn() };
const user = { targetingKey: 'user-1' };
let server: SdkServer;
let folder: string;
const providers: HeadgateProvider[] = [];

function given(options: Partial<HeadgateProviderOptions> = {}): HeadgateProvider {
  const provider = new HeadgateProvider({
    url: server.url,
    token: 'secret',
    pollIntervalMs: 250,
    flushIntervalMs: 50,
    requestTimeoutMs: 1000,
    logger: silent,
    ...options,
  });
  providers.push(provider);
  return provider;
}

function eventsOf(provider: HeadgateProvider): string[] {
  const seen: string[] = [];
  for (const event of [ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Error] as const) {
    provider.events.addHandler(event, () => void seen.push(event));
  }
  provider.events.addHandler(ProviderEvents.ConfigurationChanged, (details) => {
    seen.push(`changed ${String(details?.flagsChanged)}`);
  });
  return seen;
}

beforeEach(async () => {
  jest.clearAllMocks();
  server = await new SdkServer().start();
  server.flags = [sdkFlag('feature')];
  folder = await mkdtemp(join(tmpdir(), 'headgate-sdk-'));
});

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.onClose()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('through OpenFeature', () => {
  afterEach(() => OpenFeature.close());

  it('evaluates every type with variant, reason and error codes', async () => {
    server.flags = [
      sdkFlag('b', { defaultVariant: 'on' }),
      sdkFlag('s', { type: 'string', variants: { a: 'x' }, defaultVariant: 'a', offVariant: 'a' }),
      sdkFlag('n', { type: 'number', variants: { a: 3 }, defaultVariant: 'a', offVariant: 'a' }),
      sdkFlag('o', { type: 'object', variants: { a: { k: [1] } }, defaultVariant: 'a', offVariant: 'a' }),
    ];
    await OpenFeature.setProviderAndWait('types', given());
    const client = OpenFeature.getClient('types');
    expect(await client.getBooleanDetails('b', false)).toMatchObject({ value: true, variant: 'on', reason: 'STATIC' });
    expect(await client.getStringValue('s', '')).toBe('x');
    expect(await client.getNumberValue('n', 0)).toBe(3);
    expect(await client.getObjectValue('o', {})).toEqual({ k: [1] });
    expect(await client.getBooleanDetails('s', true)).toMatchObject({ value: true, errorCode: 'TYPE_MISMATCH' });
    expect(await client.getBooleanDetails('?', true)).toMatchObject({ value: true, errorCode: 'FLAG_NOT_FOUND' });
    expect(client.metadata.providerMetadata.name).toBe('headgate');
  });

  it('reports outcomes given to track', async () => {
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock() })];
    server.leases = { r1: 60_000 };
    await OpenFeature.setProviderAndWait('tracking', given());
    const client = OpenFeature.getClient('tracking');
    await client.getBooleanValue('feature', false, user);
    client.track('purchase', user, { value: 12.5, error: true });
    await eventually(() => server.events.length === 2);
    expect(server.events[1]).toMatchObject({
      kind: 'outcome',
      name: 'purchase',
      value: 12.5,
      error: true,
      first: true,
    });
  });

  it('recovers by itself when the server comes after the service', async () => {
    await server.stop();
    const provider = given({ initializeTimeoutMs: 300 });
    await expect(OpenFeature.setProviderAndWait('late', provider)).rejects.toThrow(/no flags within 300 ms/);
    const client = OpenFeature.getClient('late');
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    expect(await client.getBooleanDetails('feature', true)).toMatchObject({
      value: true,
      errorCode: 'PROVIDER_NOT_READY',
    });
    await server.start();
    await eventually(() => client.providerStatus === ProviderStatus.READY);
    expect(await client.getBooleanValue('feature', true)).toBe(false);
  });
});

describe('synchronization', () => {
  it('sees a change within a poll, and tells which flags changed', async () => {
    const provider = given();
    const seen = eventsOf(provider);
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
    server.flags = [sdkFlag('feature', { revision: 2, defaultVariant: 'on' }), sdkFlag('other')];
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    expect(seen).toEqual(['changed feature,other']);
  });

  it('asks conditionally, so that an unchanged snapshot is not sent again', async () => {
    const provider = given();
    await provider.initialize();
    await eventually(() => server.polls.length >= 3);
    expect(server.polls.slice(0, 3)).toEqual([200, 304, 304]);
  });

  it('is told only what has changed once it knows the rest', async () => {
    server.flags = ['a', 'b', 'feature'].map((key) => sdkFlag(key));
    const provider = given();
    await provider.initialize();
    server.flags = [...server.flags.slice(0, 2), sdkFlag('feature', { revision: 2, defaultVariant: 'on' })];
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    server.segments = [{ key: 's', revision: 1, if: { attribute: 'country', operator: 'equals', value: 'NO' } }];
    server.flags = server.flags.map((flag) =>
      flag.key === 'a'
        ? sdkFlag('a', { revision: 2, rules: [{ name: 'r', if: { segment: 's' }, serve: { variant: 'on' } }] })
        : flag,
    );
    await eventually(() => provider.evaluateBoolean('a', false, { ...user, country: 'NO' }));
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    expect(server.polls.filter((status) => status !== 304)).toEqual([200, 226, 226]);
  });

  it('goes on with a server that knows no lines of flags, and with one that knows them again', async () => {
    server.knowsLines = false;
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ weight: 100 }) })];
    server.leases = { r1: 60_000 };
    const provider = given();
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    server.knowsLines = true;
    server.flags = [...server.flags, sdkFlag('other', { defaultVariant: 'on' })];
    await eventually(() => provider.evaluateBoolean('other', false, user));
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    expect(server.polls.filter((status) => status !== 304)).toEqual([200, 226]);
  });

  it('never goes back to an older revision, and lets a flag go only by its tombstone', async () => {
    server.flags = [sdkFlag('feature', { revision: 5, defaultVariant: 'on' }), sdkFlag('other', { revision: 3 })];
    const provider = given();
    await provider.initialize();
    server.flags = [sdkFlag('feature', { revision: 4 }), sdkFlag('new')];
    await eventually(() => provider.evaluateBoolean('new', true, user) === false);
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    expect(provider.evaluateBoolean('other', true, user)).toBe(false);
    server.flags = [sdkFlag('other', { revision: 4, deleted: true })];
    await eventually(() => provider.evaluateBoolean('other', true, user));
    server.flags = [sdkFlag('other', { revision: 3 })];
    const polls = server.polls.length;
    await eventually(() => server.polls.length > polls + 1);
    expect(provider.evaluateBoolean('other', true, user)).toBe(true);
  });

  it('keeps serving while the server is lost, says stale, and ready again', async () => {
    const provider = given();
    const seen = eventsOf(provider);
    await provider.initialize();
    await server.stop();
    await eventually(() => seen.length > 0);
    expect(seen).toEqual([ProviderEvents.Stale]);
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
    await server.start();
    await eventually(() => seen.length > 1);
    expect(seen).toEqual([ProviderEvents.Stale, ProviderEvents.Ready]);
  });

  it('says error once when its token is taken away', async () => {
    const provider = given();
    const seen = eventsOf(provider);
    await provider.initialize();
    server.token = 'another';
    await eventually(() => seen.length > 0);
    expect(seen).toEqual([ProviderEvents.Error]);
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
    await eventually(() => !provider.stats().isReady);
    expect(silent.error).toHaveBeenCalledTimes(1);
  });

  it('gives up a slow answer, and evaluation does not notice', async () => {
    const provider = given({ requestTimeoutMs: 100 });
    const seen = eventsOf(provider);
    await provider.initialize();
    server.delayMs = 400;
    await eventually(() => seen.includes(ProviderEvents.Stale));
    const startedAt = performance.now();
    for (let at = 0; at < 1000; at += 1) provider.evaluateBoolean('feature', true, user);
    expect(performance.now() - startedAt).toBeLessThan(300);
  });
});

describe('the stream of changes', () => {
  /** Follows the stream and does not poll by itself. */
  async function following(options: Partial<HeadgateProviderOptions> = {}): Promise<HeadgateProvider> {
    server.streams = true;
    const provider = given({ pollIntervalMs: 3_600_000, ...options });
    await provider.initialize();
    await eventually(() => server.followers === 1);
    return provider;
  }

  it('brings what has changed, so that nothing is asked for', async () => {
    const provider = await following();
    const seen = eventsOf(provider);
    for (let revision = 2; revision < 5; revision += 1) {
      const known = server.etag;
      server.flags = [sdkFlag('feature', { revision, defaultVariant: revision % 2 === 0 ? 'on' : 'off' })];
      server.tell(known);
      await eventually(() => provider.evaluateBoolean('feature', false, user) === (revision % 2 === 0));
    }
    expect(server.polls).toEqual([200]);
    expect(seen).toEqual(['changed feature', 'changed feature', 'changed feature']);
  });

  it('makes a provider ask where it says only that something has changed, or adds to what is not known', async () => {
    const provider = await following();
    server.flags = [sdkFlag('feature', { revision: 2, defaultVariant: 'on' })];
    server.tell();
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    const unknown = (server.flags = [sdkFlag('feature', { revision: 3 })]) && server.etag;
    server.flags = [sdkFlag('feature', { revision: 4, defaultVariant: 'off' })];
    server.tell(unknown);
    await eventually(() => !provider.evaluateBoolean('feature', true, user));
    // What did not fit is asked for as a whole, since nobody knows how far apart the two are.
    expect(server.polls).toEqual([200, 226, 200]);
  });

  it('may be quicker than an answer, which then changes nothing', async () => {
    const provider = await following({ requestTimeoutMs: 60_000 });
    const seen = eventsOf(provider);
    let open = (): void => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    server.tell();
    await eventually(() => server.waiting === 1);
    const known = server.etag;
    server.flags = [sdkFlag('feature', { revision: 2, defaultVariant: 'on' })];
    server.tell(known);
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    open();
    await eventually(() => server.polls.length === 3);
    // The answer added to what was known when it was asked for, so it was asked again.
    expect(server.polls).toEqual([200, 226, 304]);
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    expect(seen).toEqual(['changed feature']);
    expect(silent.warn).not.toHaveBeenCalled();
  });

  it('never makes a lease longer, and asks for the first one of a new rollout', async () => {
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ weight: 0 }) })];
    server.leases = { r1: 300_000 };
    const clock = movableClock();
    const provider = await following({ clock });
    clock.pass(250_000);
    const known = server.etag;
    server.flags = [sdkFlag('feature', { revision: 2, rollout: rolloutBlock({ weight: 100, transition: 2 }) })];
    server.tell(known);
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    expect(server.polls).toEqual([200]);
    clock.pass(50_001);
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
    const before = server.etag;
    server.leases = { r1: 300_000, r2: 300_000 };
    const started = rolloutBlock({ id: 'r2', weight: 100 });
    server.flags = [...server.flags, sdkFlag('other', { rollout: started })];
    server.tell(before);
    await eventually(() => provider.evaluateBoolean('other', false, user));
    expect(server.polls).toEqual([200, 304]);
  });
});

describe('the cache', () => {
  const cacheFile = () => join(folder, 'deep', 'flags.json');

  async function storedBy(flags: SdkServer['flags']): Promise<void> {
    server.flags = flags;
    const provider = given({ cacheFile: cacheFile() });
    await provider.initialize();
    await provider.onClose();
  }

  it('starts a service without server, says stale, and is readable by its owner alone', async () => {
    await storedBy([sdkFlag('feature', { defaultVariant: 'on' })]);
    expect((await stat(cacheFile())).mode & 0o777).toBe(0o600);
    expect(await readFile(cacheFile(), 'utf8')).not.toContain('secret');
    await server.stop();
    const provider = given({ cacheFile: cacheFile() });
    const seen = eventsOf(provider);
    const startedAt = performance.now();
    await provider.initialize();
    expect(performance.now() - startedAt).toBeLessThan(1900);
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    await eventually(() => seen.length > 0);
    expect(seen).toEqual([ProviderEvents.Stale]);
    await server.start();
    await eventually(() => seen.includes(ProviderEvents.Ready));
  });

  it('counts its leases as expired until the server renews them', async () => {
    server.leases = { r1: 300_000 };
    await storedBy([sdkFlag('feature', { rollout: rolloutBlock({ weight: 100 }) })]);
    await server.stop();
    const provider = given({ cacheFile: cacheFile() });
    await provider.initialize();
    expect(await provider.resolveBooleanEvaluation('feature', true, user)).toMatchObject({
      value: false,
      flagMetadata: { leaseLapsed: true },
    });
    await server.start();
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    // The stored ETag still held: the lease came with an answer of no body.
    expect(server.polls.filter((status) => status === 200)).toHaveLength(1);
  });

  it('bounds the start by its own time, not by a slow server', async () => {
    await storedBy([sdkFlag('feature', { defaultVariant: 'on' })]);
    server.delayMs = 10_000;
    const provider = given({ cacheFile: cacheFile(), initializeTimeoutMs: 200 });
    const startedAt = performance.now();
    await provider.initialize();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
  });

  it('of a version that knew no lines is read', async () => {
    const source = createHash('sha256').update(`${server.url}\nsecret`).digest('hex').slice(0, 32);
    const flags = [sdkFlag('feature', { defaultVariant: 'on' })];
    const content = { format: 1, source, environment: 'test', etag: '"e"', leaseOrder: [], flags, segments: [] };
    const path = join(folder, 'former.json');
    await writeFile(path, JSON.stringify(content));
    await server.stop();
    const provider = given({ cacheFile: path });
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
  });

  it.each(['', '{"format":1', '{"format":9}', 'null', '[]'])('ignores the file %j', async (content) => {
    const path = join(folder, 'broken.json');
    await writeFile(path, content);
    const provider = given({ cacheFile: path });
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
  });

  it('of another token is ignored: it may be of another environment', async () => {
    await storedBy([sdkFlag('feature')]);
    await server.stop();
    const provider = given({ cacheFile: cacheFile(), token: 'other', initializeTimeoutMs: 100 });
    await expect(provider.initialize()).rejects.toThrow(/no flags/);
  });

  it('that cannot be written costs a warning and nothing else', async () => {
    await writeFile(join(folder, 'file'), '');
    const provider = given({ cacheFile: join(folder, 'file', 'flags.json') });
    await provider.initialize();
    await eventually(() => silent.warn.mock.calls.length > 0);
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
  });
});

describe('leases', () => {
  const underRollout = (overrides = {}) => [
    sdkFlag('feature', { rollout: rolloutBlock({ weight: 100, ...overrides }) }),
  ];

  it('run out on the monotonic clock when the server is gone, whatever the machine says the time is', async () => {
    server.flags = underRollout();
    server.leases = { r1: 60_000 };
    const clock = movableClock();
    const provider = given({ clock });
    await provider.initialize();
    await server.stop();
    clock.setWall(86_400_000);
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    clock.pass(60_001);
    expect(provider.evaluateBoolean('feature', true, user)).toBe(false);
  });

  it('are renewed by answers without body', async () => {
    server.flags = underRollout();
    server.leases = { r1: 60_000 };
    const clock = movableClock();
    const provider = given({ clock });
    await provider.initialize();
    for (let minute = 0; minute < 3; minute += 1) {
      clock.pass(50_000);
      const polls = server.polls.length;
      // The second of two polls began after the time passed, so the first after that has arrived.
      await eventually(() => server.polls.length >= polls + 3);
      expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    }
    expect(new Set(server.polls.slice(1))).toEqual(new Set([304]));
  });

  it('count from when the request was sent: a slow answer may bring one that is over', async () => {
    server.flags = underRollout();
    server.leases = { r1: 200 };
    server.delayMs = 300;
    const provider = given();
    await provider.initialize();
    expect(await provider.resolveBooleanEvaluation('feature', true, user)).toMatchObject({
      value: false,
      flagMetadata: { leaseLapsed: true },
    });
  });

  it('end when the server has none', async () => {
    server.flags = underRollout();
    server.leases = { r1: 60_000 };
    const provider = given();
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
    server.leases = {};
    await eventually(() => !provider.evaluateBoolean('feature', true, user));
  });

  it('do not bind a rollout that freezes', async () => {
    server.flags = underRollout({ onLapse: 'freeze' });
    const provider = given();
    await provider.initialize();
    expect(provider.evaluateBoolean('feature', false, user)).toBe(true);
  });
});
