import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { chooseArtefactStore } from '../../../store/artefacts/choose-artefact-store';
import { GridFsArtefactStore } from '../../../store/artefacts/gridfs-artefact-store';
import { S3ArtefactStore } from '../../../store/artefacts/s3-artefact-store';
import { readWorkerConfig } from '../../../workers/config';
import { givenDatabase } from '../../support/database';

const folder = mkdtempSync(join(tmpdir(), 'headgate-s3-'));
const server = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  directory: folder,
  configureBuckets: [{ name: 'models', configs: [] }],
});
const before = { ...process.env };
let endpoint: string;
const opened: S3ArtefactStore[] = [];

function storeIn(bucket: string, at = endpoint, timeoutMs = 5_000): S3ArtefactStore {
  const store = new S3ArtefactStore({ bucket, prefix: 'headgate/', endpoint: at, region: 'us-east-1', timeoutMs });
  opened.push(store);
  return store;
}

beforeAll(async () => {
  // As an operator gives them; S3rver knows this pair.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' });
  const { port } = await server.run();
  endpoint = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  for (const store of opened) store.close();
  process.env = before;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The file that the server keeps an object's bytes in. */
function fileOf(key: string): string {
  const parent = join(folder, 'models', 'headgate', 'models');
  const name = readdirSync(parent).find(
    (each) => each.startsWith(key.slice('models/'.length)) && !each.endsWith('.json'),
  );
  return join(parent, name ?? 'none');
}

describe('artefacts in a store that speaks S3', () => {
  it('come back as they were stored, below the prefix, however often they are stored', async () => {
    const store = storeIn('models');
    const bytes = Buffer.from('tree '.repeat(100_000));
    const ref = await store.put(bytes);
    expect(ref).toMatchObject({ store: 's3', key: `models/${ref.sha256}`, sizeBytes: 500_000 });
    expect(await store.put(bytes)).toEqual(ref);
    expect((await store.get(ref)).equals(bytes)).toBe(true);
  });

  it('are refused when they were altered, enlarged or lost, and mended by storing them again', async () => {
    const store = storeIn('models');
    const bytes = Buffer.from('another model');
    const ref = await store.put(bytes);
    for (const altered of ['Another model', 'another model, enlarged']) {
      writeFileSync(fileOf(ref.key), altered);
      await expect(store.get(ref)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
    }
    await store.put(bytes);
    expect((await store.get(ref)).toString()).toBe('another model');
    const lost = { ...ref, key: `models/${'0'.repeat(64)}` };
    await expect(store.get(lost)).rejects.toMatchObject({ code: 'ARTEFACT_CORRUPT' });
  });

  it('say what is wrong when the bucket is not there, without trying again', async () => {
    const store = storeIn('nothing-here');
    const refused = { code: 'ARTEFACT_STORE_UNAVAILABLE', retryable: false };
    await expect(store.put(Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.put(Buffer.from('x'))).rejects.toThrow(/bucket 'nothing-here' did not write .*NoSuchBucket/);
  });

  it('are worth another attempt when the store is down or silent, and wait no longer than they may', async () => {
    const ref = await storeIn('models').put(Buffer.from('a model'));
    const passing = { code: 'ARTEFACT_STORE_UNAVAILABLE', retryable: true };
    await expect(storeIn('models', 'http://127.0.0.1:9').get(ref)).rejects.toMatchObject(passing);
    // Takes connections and never answers.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const at = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(storeIn('models', at, 200).get(ref)).rejects.toMatchObject(passing);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('show no keys when a store refuses them', async () => {
    const refusing = createServer((_, answer) =>
      answer
        .writeHead(403, { 'content-type': 'application/xml' })
        .end('<Error><Code>AccessDenied</Code><Message>for key S3RVER</Message></Error>'),
    ).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const at = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const put = storeIn('models', at).put(Buffer.from('x'));
    await expect(put).rejects.toMatchObject({ code: 'ARTEFACT_STORE_UNAVAILABLE', retryable: false });
    await expect(put).rejects.toThrow(/AccessDenied \(403\)$/);
    refusing.closeAllConnections();
    await new Promise((resolve) => refusing.close(resolve));
  });
});

describe('a changed choice of store', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  beforeAll(async () => {
    database = await givenDatabase();
  });
  afterAll(() => database.close());

  it('writes to the new one and still reads from the old one', async () => {
    const gridfs = new GridFsArtefactStore(database.db);
    const s3 = storeIn('models');
    const old = await chooseArtefactStore('gridfs', { gridfs }).put(Buffer.from('old'));
    const both = chooseArtefactStore('s3', { gridfs, s3 });
    const fresh = await both.put(Buffer.from('new'));
    expect([old.store, fresh.store]).toEqual(['gridfs', 's3']);
    expect(String(await both.get(old)) + String(await both.get(fresh))).toBe('oldnew');
    await expect(chooseArtefactStore('gridfs', { gridfs }).get(fresh)).rejects.toMatchObject({
      code: 'ARTEFACT_STORE_UNAVAILABLE',
    });
  });
});

describe("the worker's environment", () => {
  const needed = {
    HEADGATE_MONGODB_URL: 'mongodb://127.0.0.1',
    HEADGATE_TEMPORAL_ADDRESS: '127.0.0.1:7233',
    HEADGATE_SIGNING_KEY: 'k'.repeat(32),
  };

  it.each([
    ['HEADGATE_ARTEFACTS_S3_BUCKET', 'No Bucket'],
    ['HEADGATE_ARTEFACTS_S3_PREFIX', '../up'],
    ['HEADGATE_ARTEFACTS_S3_ENDPOINT', 'ftp://store'],
  ])('refuses a wrong %s by name', (name, value) => {
    expect(() => readWorkerConfig({ ...needed, [name]: value })).toThrow(name);
  });
});
