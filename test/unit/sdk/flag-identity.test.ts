import { rolloutBlock, sdkFlag } from '../../support/sdk-flags';
import { eventually, SdkServer } from '../../support/sdk-server';
import { HeadgateProvider } from '../../../sdk/src';

let server: SdkServer;
const providers: HeadgateProvider[] = [];

async function given(describeFlags?: boolean): Promise<HeadgateProvider> {
  const provider = new HeadgateProvider({ url: server.url, token: 'secret', pollIntervalMs: 250, describeFlags });
  providers.push(provider);
  await provider.initialize();
  return provider;
}

const details = (provider: HeadgateProvider, key: string) =>
  provider.resolveBooleanEvaluation(key, true, { targetingKey: 'ana' });

beforeEach(async () => {
  server = await new SdkServer().start();
  server.flags = [sdkFlag('plain', { revision: 7 })];
});

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.onClose()));
  await server.stop();
});

it('tells environment and revision of a flag where that is asked for, and nothing otherwise', async () => {
  expect((await details(await given(true), 'plain')).flagMetadata).toEqual({ flagSetId: 'test', version: '7' });
  expect((await details(await given(), 'plain')).flagMetadata).toBeUndefined();
});

it('stands beside what a rollout tells, and behind metadata of the flag', async () => {
  server.flags = [
    sdkFlag('live', { rollout: rolloutBlock() }),
    sdkFlag('own', { metadata: { version: 'v2', team: 'payments' } }),
  ];
  server.leases = { r1: 60_000 };
  const provider = await given(true);
  expect((await details(provider, 'live')).flagMetadata).toMatchObject({ rolloutId: 'r1', version: '1' });
  const own = { flagSetId: 'test', version: 'v2', team: 'payments' };
  expect((await details(provider, 'own')).flagMetadata).toEqual(own);
});

it('makes the details of a result once, and anew for a new revision', async () => {
  const provider = await given(true);
  const first = await details(provider, 'plain');
  expect(await details(provider, 'plain')).toBe(first);
  server.flags = [sdkFlag('plain', { revision: 8, defaultVariant: 'on' })];
  await eventually(() => provider.evaluateBoolean('plain', false, {}), 30_000);
  expect((await details(provider, 'plain')).flagMetadata).toEqual({ flagSetId: 'test', version: '8' });
});

it('describes a flag that fails or leaves the value to the caller, and none that is not there', async () => {
  server.flags = [sdkFlag('open', { defaultVariant: undefined }), sdkFlag('torn', { defaultVariant: 'missing' })];
  const provider = await given(true);
  expect(await details(provider, 'open')).toMatchObject({ value: true, flagMetadata: { version: '1' } });
  expect(await details(provider, 'torn')).toMatchObject({ errorCode: 'PARSE_ERROR', flagMetadata: { version: '1' } });
  expect((await details(provider, 'nowhere')).flagMetadata).toBeUndefined();
});
