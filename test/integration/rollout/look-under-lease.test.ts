import { randomUUID } from 'node:crypto';
import { createRolloutActivities } from '../../../activities';
import type { LeasedLookRequest } from '../../../activities/rollout-activities';
import { ReasonCode } from '../../../analysis/types';
import { ErrorCode, HeadgateError } from '../../../core/errors';
import { takeBasis } from '../../../flags/transition/basis';
import { MongoAnalysisStatesRepository } from '../../../store/analysis-states-repository';
import { MongoFlagsRepository } from '../../../store/flags-repository';
import type { givenFlag } from '../../support/flag-builders';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';
import { SyntheticSource } from '../../support/synthetic-source';

const AWAY = new HeadgateError(ErrorCode.DatabaseUnavailable, 'the database does not answer', { retryable: true });
const LEASE_MS = 60_000;

describe('a renewal with the look under it', () => {
  let harness: RolloutHarness;
  let environment: string;
  let rolloutId: string;
  let nowMs: number;

  /** A worker's activities, with a memory of their own, at a time that the test says. */
  function givenWorker(change: Partial<RolloutHarness['dependencies']> = {}) {
    const { database, dependencies } = harness;
    const clock = { nowMs: () => nowMs, sync: () => Promise.resolve(nowMs) };
    const states = new MongoAnalysisStatesRepository(database.db);
    const flags = new MongoFlagsRepository(database.db);
    const worker = { ...dependencies, source: new SyntheticSource(), clock, states, flags, ...change };
    return { flags, states, ...createRolloutActivities(worker) };
  }

  async function givenRequest(change: Partial<LeasedLookRequest> = {}): Promise<LeasedLookRequest> {
    const flag = await harness.dependencies.flags.get(`${environment}/checkout`);
    if (flag === null) throw new Error('the test has made no flag');
    const plan = givenQuickPlan({ environment, leaseMs: LEASE_MS });
    return {
      rolloutId,
      environment,
      flagKey: 'checkout',
      plan,
      control: 'off',
      step: 0,
      weight: 10,
      nextWeight: 50,
      transition: 1,
      weights: { 1: 10 },
      stepStartedAtMs: nowMs,
      raisedAtMs: nowMs,
      bakeMs: 1000,
      bakedMs: 0,
      safetyEpoch: 0,
      harmEpoch: 0,
      basis: takeBasis(flag, 'on', new Map()),
      leasedAtMs: nowMs,
      ...change,
    };
  }

  /** Edits the flag as a person does, beside the rollout that it carries. */
  async function edit(change: Parameters<typeof givenFlag>[0]): Promise<void> {
    const flags = new MongoFlagsRepository(harness.database.db);
    const flag = await flags.get(`${environment}/checkout`);
    if (flag === null) throw new Error('no flag');
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = flag;
    const actor = { kind: 'token' as const, name: 'ada', verified: true };
    const draft = { actor, action: 'flag.edit' as const, reason: 'a test' };
    expect(await flags.swap({ before: flag, after: { ...body, ...change }, draft })).not.toBeNull();
  }

  beforeAll(async () => {
    harness = await RolloutHarness.open();
  });
  afterAll(() => harness.close());

  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    rolloutId = `r-${environment}`;
    nowMs = await harness.database.clock.sync();
    const rollout = {
      id: rolloutId,
      place: { kind: 'default' as const },
      candidate: 'on',
      control: 'off',
      weight: 10,
      transition: 1,
      salt: 'salt',
      excludedSegments: [],
      onLapse: 'control' as const,
      leaseMs: LEASE_MS,
      observe: { windowMs: 1000, segments: [], thresholds: {} },
    };
    await harness.createFlag(environment, { rollout });
    const flagId = `${environment}/checkout`;
    await harness.dependencies.leases.begin({ rolloutId, flagId, environment, transition: 1, ttlMs: LEASE_MS });
  });

  it('reaches, by two workers that look in turn, the state that is reached when every look reads what stands', async () => {
    const request = await givenRequest();
    const source = new SyntheticSource();
    const beganAt = nowMs;
    const stateAfter = async (workerOf: (look: number) => ReturnType<typeof givenWorker>): Promise<string> => {
      await harness.dependencies.states.remove(rolloutId);
      nowMs = beganAt;
      for (let look = 0; look < 12; look += 1) {
        nowMs += 1000;
        await workerOf(look).lookUnderLease(request);
      }
      return JSON.stringify((await new MongoAnalysisStatesRepository(harness.database.db).get(rolloutId))?.state);
    };
    const read = await stateAfter(() => givenWorker({ source }));
    expect(JSON.parse(read)).toMatchObject({ lastWindowAt: expect.any(Number) as number });
    // Two looks of each in a row, so that what a worker remembers is right once and then wrong.
    const workers = [givenWorker({ source }), givenWorker({ source })] as const;
    expect(await stateAfter((look) => workers[look % 4 < 2 ? 0 : 1])).toBe(read);
  });

  it('judges nothing under a lease that has run out, and leaves the state as it was', async () => {
    const { lookUnderLease, states } = givenWorker({
      leases: { ...harness.dependencies.leases, renew: async () => ({ kind: 'lapsed', lapsedAtMs: nowMs - 5, nowMs }) },
    } as never);
    nowMs += 3000;
    expect(await lookUnderLease(await givenRequest())).toEqual({
      lease: { kind: 'lapsed', lapsedAtMs: nowMs - 5, nowMs },
      look: null,
    });
    expect(await states.get(rolloutId)).toBeNull();
  });

  it('counts as baked what was served until the renewal', async () => {
    const { lookUnderLease } = givenWorker();
    const request = await givenRequest({ bakedMs: 200, bakeMs: 1_000_000 });
    const { lease, look } = await lookUnderLease({ ...request, leasedAtMs: nowMs - 700 });
    const baking = look?.look.reasons.find(({ code }) => code === ReasonCode.BakeNotServed);
    // The renewal's instant is the database's own.
    expect(baking?.numbers?.['bakedMs']).toBe(200 + lease.nowMs - (nowMs - 700));
  });

  it('keeps the renewal when the look cannot be made, tried twice', async () => {
    let asked = 0;
    const get = () => ((asked += 1), Promise.reject(AWAY));
    const { lookUnderLease } = givenWorker({ states: { get } } as never);
    expect(await lookUnderLease(await givenRequest())).toMatchObject({ lease: { kind: 'renewed' }, look: null });
    expect(asked).toBe(2);
  });

  it('fails, to be tried again, when the lease cannot be renewed, and at once for a bug of the look', async () => {
    const away = givenWorker({ leases: { renew: () => Promise.reject(AWAY) } } as never);
    await expect(away.lookUnderLease(await givenRequest())).rejects.toMatchObject({ nonRetryable: false });
    const broken = givenWorker({ states: { get: () => Promise.reject(new TypeError('a bug')) } } as never);
    await expect(broken.lookUnderLease(await givenRequest())).rejects.toMatchObject({ nonRetryable: true });
  });

  it('reads a flag again when it was changed, and not otherwise', async () => {
    const { lookUnderLease, flags } = givenWorker();
    const read = jest.spyOn(flags, 'get');
    const request = await givenRequest();
    for (let look = 0; look < 3; look += 1) {
      expect((await lookUnderLease(request)).look?.flag).toMatchObject({ standing: 'ours', conflict: null });
    }
    expect(read).toHaveBeenCalledTimes(1);

    await edit({ tags: ['unrelated'] });
    expect((await lookUnderLease(request)).look?.flag).toMatchObject({ conflict: null });
    await edit({ variants: { on: true, off: false, extra: true } });
    const { flag } = (await lookUnderLease(request)).look ?? {};
    expect(flag?.conflict).toContain('by ada');
    expect((await lookUnderLease(request)).look?.flag).toEqual(flag);
    expect(read).toHaveBeenCalledTimes(3);

    await edit({ deleted: true });
    expect((await lookUnderLease(request)).look?.flag).toMatchObject({ standing: 'gone' });
  });

  it('reads a flag whose rules name a segment each time, since segments change by themselves', async () => {
    const { lookUnderLease, flags } = givenWorker();
    const segment = { environment, key: 'staff', if: { attribute: 'staff', value: true } };
    const by = { actor: { kind: 'token' as const, name: 'ada', verified: true }, reason: 'a test', at: '2026-01-01' };
    const { segments } = harness.dependencies;
    await segments.put(segment as never, 0, by);
    await edit({ rules: [{ name: 'staff', if: { segment: 'staff' }, serve: { variant: 'on' } }] as never });
    const [listed] = [new Map((await segments.list(environment)).map((each) => [each.key, each]))];
    const flag = await flags.get(`${environment}/checkout`);
    if (flag === null) throw new Error('no flag');
    const request = await givenRequest({ basis: takeBasis(flag, 'on', listed) });
    expect((await lookUnderLease(request)).look?.flag.conflict).toBeNull();
    await segments.put({ ...segment, if: { attribute: 'staff', value: false } } as never, 1, by);
    expect((await lookUnderLease(request)).look?.flag.conflict).toContain('a segment');
  });
});
