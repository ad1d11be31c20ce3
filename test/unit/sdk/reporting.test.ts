import { rolloutBlock, sdkFlag } from '../../support/sdk-flags';
import { eventually, movableClock, SdkServer } from '../../support/sdk-server';
import { HeadgateProvider, type HeadgateProviderOptions } from '../../../sdk/src';
import { cellOf } from '../../../flags/evaluator/cell';
import { windowStartAt } from '../../../metrics/windows';

const silent = { error: jest.fn(), warn: jest.fn(), info: jest.fn(), debug: jest.fn() };
const user = { targetingKey: 'user-1' };
const WINDOW_MS = 10_000;
let server: SdkServer;
let clock: ReturnType<typeof movableClock>;
const providers: HeadgateProvider[] = [];

async function given(options: Partial<HeadgateProviderOptions> = {}): Promise<HeadgateProvider> {
  const provider = new HeadgateProvider({
    url: server.url,
    token: 'secret',
    pollIntervalMs: 250,
    flushIntervalMs: 50,
    requestTimeoutMs: 1000,
    logger: silent,
    clock,
    ...options,
  });
  providers.push(provider);
  await provider.initialize();
  return provider;
}

/** Time passes here and in the database. */
function pass(ms: number): void {
  server.aheadMs += ms;
  clock.pass(ms);
}

beforeEach(async () => {
  jest.clearAllMocks();
  clock = movableClock();
  // At the start of a window, so that a test stays within it.
  server = await new SdkServer().start();
  server.aheadMs = windowStartAt(Date.now(), WINDOW_MS) + WINDOW_MS - Date.now();
  server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ weight: 100 }) })];
  server.leases = { r1: 3_600_000 };
});

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.onClose()));
  await server.stop();
});

describe('exposures', () => {
  it('are reported once for each user, transition and window, on database time', async () => {
    const provider = await given();
    const startedAt = Date.now() + server.aheadMs;
    for (let at = 0; at < 5; at += 1) provider.evaluateBoolean('feature', false, user);
    provider.evaluateBoolean('feature', false, { targetingKey: 'user-2' });
    pass(WINDOW_MS);
    provider.evaluateBoolean('feature', false, user);
    await eventually(() => server.events.length === 3);
    const [first, , third] = server.events;
    expect(first).toEqual({
      kind: 'exposure',
      flag: 'feature',
      rollout: 'r1',
      variant: 'on',
      transition: 1,
      cell: cellOf('user-1'),
      at: expect.any(Number) as number,
    });
    const at = (event: typeof first) => (event?.kind === 'exposure' ? event.at : 0);
    expect(Math.abs(at(first) - startedAt)).toBeLessThan(2000);
    expect(windowStartAt(at(third), WINDOW_MS) - windowStartAt(at(first), WINDOW_MS)).toBe(WINDOW_MS);
  });

  it('are stamped with the transition that served, so that a raised user counts for the candidate from then on', async () => {
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ weight: 0 }) })];
    const provider = await given();
    provider.evaluateBoolean('feature', false, user);
    provider.track('request', user);
    server.flags = [sdkFlag('feature', { revision: 2, rollout: rolloutBlock({ weight: 100, transition: 2 }) })];
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    provider.track('request', user);
    await eventually(() => server.events.length === 4);
    const stamps = server.events.map(({ kind, variant, transition }) => `${kind} ${variant} ${transition}`);
    expect(stamps.sort()).toEqual(['exposure off 1', 'exposure on 2', 'outcome off 1', 'outcome on 2']);
    expect(server.events.some((event) => event.kind === 'exposure' && event.mixed)).toBe(false);
  });

  it('carry the observed segments that have the user', async () => {
    server.segments = [{ key: 'staff', if: { attribute: 'staff', operator: 'equals', value: true }, revision: 1 }];
    const observe = { windowMs: WINDOW_MS, segments: ['staff'], thresholds: {} };
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ observe }) })];
    const provider = await given();
    provider.evaluateBoolean('feature', false, { ...user, staff: true });
    provider.track('request', user);
    await eventually(() => server.events.length === 2);
    expect(server.events.map(({ segments }) => segments)).toEqual([['staff'], ['staff']]);
  });

  it('are not made without rollout, and end when their key is served otherwise', async () => {
    server.segments = [{ key: 'staff', if: { attribute: 'staff', operator: 'equals', value: true }, revision: 1 }];
    server.flags = [sdkFlag('plain'), sdkFlag('feature', { rollout: rolloutBlock({ excludedSegments: ['staff'] }) })];
    const provider = await given();
    provider.evaluateBoolean('plain', false, user);
    provider.evaluateBoolean('feature', false, {});
    provider.evaluateBoolean('feature', false, { ...user, staff: true });
    expect(provider.stats().exposures).toBe(0);
    provider.evaluateBoolean('feature', false, user);
    expect(provider.stats().exposures).toBe(1);
    provider.evaluateBoolean('feature', false, { ...user, staff: true });
    provider.track('request', user);
    expect(provider.stats()).toMatchObject({ exposures: 0, queuedEvents: 1 });
  });

  it('end with their rollout and with break-glass', async () => {
    const provider = await given();
    provider.evaluateBoolean('feature', false, user);
    expect(provider.stats().exposures).toBe(1);
    server.flags = [{ ...server.flags[0]!, revision: 2, enabled: false }];
    await eventually(() => provider.stats().exposures === 0);
  });

  it('are bounded in number and age', async () => {
    const provider = await given({ maxExposures: 100 });
    for (let at = 0; at < 250; at += 1) provider.evaluateBoolean('feature', false, { targetingKey: `u${at}` });
    expect(provider.stats()).toMatchObject({ exposures: 100, evictedExposures: 150 });
    const queued = provider.stats().queuedEvents;
    pass(30 * 60_000 + 1);
    provider.track('request', { targetingKey: 'u249' });
    expect(provider.stats().queuedEvents).toBeLessThanOrEqual(queued);
    await eventually(() => server.events.length === 250);
    expect(server.events.every(({ kind }) => kind === 'exposure')).toBe(true);
  });
});

describe('outcomes', () => {
  it('mark the first of each exposure', async () => {
    const provider = await given();
    provider.evaluateBoolean('feature', false, user);
    provider.track('click', user, { value: 1 });
    provider.track('click', user, { value: 2 });
    provider.track('click', { targetingKey: 'stranger' });
    pass(WINDOW_MS);
    provider.evaluateBoolean('feature', false, user);
    provider.track('click', user, { value: 3 });
    await eventually(() => server.events.length === 5);
    const outcomes = server.events.filter((event) => event.kind === 'outcome');
    expect(outcomes.map(({ value, first }) => [value, first])).toEqual([
      [1, true],
      [2, undefined],
      [3, true],
    ]);
  });

  it('that ingestion would refuse are counted instead of spoiling a batch', async () => {
    const provider = await given();
    provider.evaluateBoolean('feature', false, user);
    provider.track('not a name', user);
    provider.track('request', user, { value: Number.NaN });
    expect(provider.stats()).toMatchObject({ invalidEvents: 2, queuedEvents: 1 });
  });

  it('come from another process by a token without the targeting key', async () => {
    const provider = await given();
    provider.evaluateBoolean('feature', false, user);
    const token = provider.exposureToken(user);
    expect(Buffer.from(token, 'base64url').toString()).not.toContain('user-1');
    const elsewhere = await given();
    expect(elsewhere.trackWithToken(token, 'shipped', { value: 3 })).toBe(true);
    await eventually(() => server.events.length === 2);
    const outcome = server.events.find(({ kind }) => kind === 'outcome');
    const exposure = server.events.find((event) => event.kind === 'exposure');
    expect(outcome).toMatchObject({
      name: 'shipped',
      value: 3,
      cell: cellOf('user-1'),
      transition: 1,
      variant: 'on',
      exposedAt: exposure?.at,
    });
    expect(outcome).not.toHaveProperty('first');
  });

  it.each([
    'x',
    '%%%',
    Buffer.from('{"v":1,"c":99,"e":[]}').toString('base64url'),
    Buffer.from('{"v":1,"c":1,"e":[["f"]]}').toString('base64url'),
  ])('refuse %j as a token', async (token) => {
    const provider = await given();
    expect(provider.trackWithToken(token, 'request')).toBe(false);
    expect(provider.stats()).toMatchObject({ invalidEvents: 1, queuedEvents: 0 });
  });

  it('take an empty token for a user without exposures', async () => {
    const provider = await given();
    expect(provider.exposureToken(user)).toBe('');
    expect(provider.trackWithToken('', 'request')).toBe(true);
  });
});

describe('requests', () => {
  it('are measured on the monotonic clock and reported once', async () => {
    const provider = await given();
    const request = provider.startRequest(user);
    provider.evaluateBoolean('feature', false, user);
    pass(120);
    clock.setWall(-86_400_000);
    request.end({ error: true });
    request.end();
    await eventually(() => server.events.length === 2);
    const outcome = server.events.find((event) => event.kind === 'outcome');
    expect(outcome).toMatchObject({ name: 'request', error: true, first: true });
    expect(outcome?.value).toBeGreaterThanOrEqual(120);
    expect(outcome?.value).toBeLessThan(1000);
  });

  it('still open when their window is about to be judged are reported then, and not again', async () => {
    const provider = await given();
    const request = provider.startRequest(user, 'checkout');
    provider.evaluateBoolean('feature', false, user);
    pass(WINDOW_MS + 6000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(server.events.filter(({ kind }) => kind === 'outcome')).toEqual([]);
    pass(1100);
    await eventually(() => server.events.length === 2);
    const outcome = server.events.find((event) => event.kind === 'outcome');
    expect(outcome).toMatchObject({ name: 'checkout', open: true, first: true });
    expect(outcome?.value).toBeGreaterThanOrEqual(17_000);
    await eventually(() => provider.stats().queuedEvents === 0);
    request.end();
    expect(provider.stats()).toMatchObject({ openRequests: 0, queuedEvents: 0 });
  });

  it('that hang are seen although their user keeps trying, each in its own window', async () => {
    const provider = await given();
    const hanging = provider.startRequest(user);
    provider.evaluateBoolean('feature', false, user);
    for (let at = 0; at < 4; at += 1) {
      pass(5000);
      const retry = provider.startRequest(user);
      provider.evaluateBoolean('feature', false, user);
      retry.end();
    }
    await eventually(() => server.events.some((event) => event.kind === 'outcome' && event.open === true));
    hanging.end();
    const open = server.events.filter((event) => event.kind === 'outcome').filter((event) => event.open);
    const exposures = server.events.filter((event) => event.kind === 'exposure');
    expect(open).toHaveLength(1);
    expect(windowStartAt(open[0]!.exposedAt, WINDOW_MS)).toBe(windowStartAt(exposures[0]!.at, WINDOW_MS));
  });

  it('belong to what was served during them, not to a later transition', async () => {
    server.flags = [sdkFlag('feature', { rollout: rolloutBlock({ weight: 0 }) })];
    const provider = await given();
    const request = provider.startRequest(user);
    provider.evaluateBoolean('feature', false, user);
    server.flags = [sdkFlag('feature', { revision: 2, rollout: rolloutBlock({ weight: 100, transition: 2 }) })];
    await eventually(() => provider.evaluateBoolean('feature', false, user));
    request.end();
    await eventually(() => server.events.length === 3);
    expect(server.events.find(({ kind }) => kind === 'outcome')).toMatchObject({ variant: 'off', transition: 1 });
  });
});

describe('delivery', () => {
  const serve = (provider: HeadgateProvider, users: number): void => {
    for (let at = 0; at < users; at += 1) provider.evaluateBoolean('feature', false, { targetingKey: `u${at}` });
  };

  it('repeats a batch whose answer was lost with the same id and instant, so that it counts once', async () => {
    server.loseAnswers = true;
    const provider = await given();
    serve(provider, 3);
    await eventually(() => server.batchIds.length >= 3);
    server.loseAnswers = false;
    await eventually(() => provider.stats().queuedEvents === 0);
    expect(new Set(server.batchIds).size).toBe(1);
    expect(server.events).toHaveLength(3);
    expect(provider.stats()).toMatchObject({ sentEvents: 3, sentBatches: 1, droppedEvents: 0 });
  });

  it('keeps events through 503 and through a lost server', async () => {
    server.eventsStatus = 503;
    const provider = await given();
    serve(provider, 10);
    await eventually(() => provider.stats().retries >= 1);
    await server.stop();
    await eventually(() => provider.stats().retries >= 2);
    server.eventsStatus = undefined;
    await server.start();
    await eventually(() => provider.stats().queuedEvents === 0);
    expect(server.events).toHaveLength(10);
    expect(provider.stats()).toMatchObject({ droppedEvents: 0, sentEvents: 10 });
  });

  it('sends no more than 500 events in a batch', async () => {
    const provider = await given();
    serve(provider, 1201);
    await eventually(() => server.events.length === 1201);
    expect([...server.batches.values()].map(({ events }) => events.length)).toEqual([500, 500, 201]);
  });

  it.each([400, 401, 413])('drops what is refused with %i, counts it and says so once', async (status) => {
    server.eventsStatus = status;
    const provider = await given();
    serve(provider, 2);
    await eventually(() => provider.stats().droppedEvents === 2);
    provider.evaluateBoolean('feature', false, { targetingKey: 'later' });
    await eventually(() => provider.stats().droppedEvents === 3);
    expect(provider.stats()).toMatchObject({ droppedBatches: 2, queuedEvents: 0 });
    expect(silent.error).toHaveBeenCalledTimes(1);
  });

  it('is bounded: the oldest outcomes go first, and exposures stay', async () => {
    server.eventsStatus = 503;
    const provider = await given({ maxQueuedEvents: 20, flushIntervalMs: 60_000 });
    serve(provider, 10);
    for (let at = 0; at < 50; at += 1) provider.track('click', { targetingKey: 'u0' }, { value: at });
    expect(provider.stats()).toMatchObject({ queuedEvents: 20, droppedEvents: 40 });
    server.eventsStatus = undefined;
    await provider.onClose();
    expect(server.events.filter(({ kind }) => kind === 'exposure')).toHaveLength(10);
    expect(server.events.flatMap((event) => (event.kind === 'outcome' ? [event.value] : []))).toEqual([
      40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
    ]);
  });

  it('sends what waits on close, within a bounded time', async () => {
    const provider = await given({ flushIntervalMs: 60_000, closeTimeoutMs: 300 });
    serve(provider, 5);
    await provider.onClose();
    expect(server.events).toHaveLength(5);

    const unlucky = await given({ flushIntervalMs: 60_000, closeTimeoutMs: 300 });
    serve(unlucky, 5);
    server.delayMs = 10_000;
    const startedAt = performance.now();
    await unlucky.onClose();
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(unlucky.stats()).toMatchObject({ droppedEvents: 5, queuedEvents: 0 });
  });

  it('starts again after a close', async () => {
    const provider = await given();
    await provider.onClose();
    await provider.initialize();
    serve(provider, 1);
    await eventually(() => server.events.length === 1);
    expect(provider.stats().isReady).toBe(true);
  });
});
