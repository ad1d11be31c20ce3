import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { GridFsArtefactStore } from '../../../store/artefacts/gridfs-artefact-store';
import { DeploymentsRepository } from '../../../store/deployments-repository';
import { FeaturesRepository } from '../../../store/features-repository';
import { FAILURE_MODEL, ModelsRepository } from '../../../store/models-repository';
import { MongoRolloutsRepository } from '../../../store/rollouts-repository';
import { TemporalTrainingWorkflows } from '../../../server/temporal/temporal-training-workflows';
import { createTrainingWorker } from '../../../workers/training-worker';
import { cachedWorkflowBundle } from '../../../workers/workflow-bundle';
import type { TrainingInput, TrainingReport } from '../../../workflows/training/messages';
import { givenDatabase } from '../../support/database';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2022, 0, 1);

let database: Awaited<ReturnType<typeof givenDatabase>>;
let worker: Worker;
let running: Promise<void>;
let connection: NativeConnection;
let client: Client;
let models: ModelsRepository;
const taskQueue = `training-${randomUUID().slice(0, 8)}`;
const random = mulberry32(5);

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  database = await givenDatabase();
  const { db, clock } = database;
  models = new ModelsRepository(db);
  const address = process.env['HEADGATE_TEMPORAL_ADDRESS'] ?? '';
  connection = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }) });
  worker = await createTrainingWorker({
    connection,
    namespace: 'default',
    taskQueue,
    workflowBundle: await cachedWorkflowBundle(join(tmpdir(), 'headgate-test-bundles'), { debug: () => undefined }),
    dependencies: {
      rollouts: new MongoRolloutsRepository(db),
      deployments: new DeploymentsRepository(db),
      features: new FeaturesRepository(db),
      models,
      artefacts: new GridFsArtefactStore(db),
      clock,
      codeVersion: 'test',
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await client.connection.close();
  await connection.close();
  await database.close();
});

/** Past rollouts, of which large ones fail more often: `rule` is how often, by lines added. */
async function givenRollouts(from: number, to: number, rule: (lines: number) => number): Promise<void> {
  const deployments = new DeploymentsRepository(database.db);
  const features = new FeaturesRepository(database.db);
  for (let number = from; number < to; number++) {
    const startedAt = new Date(START_MS + number * DAY_MS);
    const endedAt = new Date(startedAt.getTime() + DAY_MS / 2);
    const lines = Math.floor(1_000 * random());
    const failed = random() < rule(lines);
    await deployments.record({
      _id: `r${number}`,
      environment: 'production',
      flagKey: 'checkout',
      startedAt,
      endedAt,
      outcome: failed ? 'rolled_back' : 'completed',
      label: { failed, source: 'outcome', by: 'test', reason: 'test', at: endedAt },
    });
    const known = { environment: 'production', entity: { kind: 'rollout', id: `r${number}` }, catalogueVersion: 1 };
    const values = { 'change.la': lines, 'change.fix': random() < 0.3 ? 1 : 0, 'change.exp': null };
    await features.add({ ...known, at: startedAt, recordedAt: startedAt, values });
    // Learned later, so that no training row may know it: it would tell the outcome.
    await features.add({ ...known, at: startedAt, recordedAt: endedAt, values: { 'change.nf': failed ? 9 : 1 } });
  }
}

function train(input: Partial<TrainingInput> = {}): Promise<TrainingReport> {
  return client.workflow.execute('trainingWorkflow', {
    taskQueue,
    workflowId: `training-${randomUUID()}`,
    args: [{ startedBy: 'test', seed: 1, promotes: true, ...input }],
  });
}

it('learns nothing from a few rollouts, and says how many it wants', async () => {
  await givenRollouts(0, 20, () => 0.5);
  expect(await train()).toMatchObject({ status: 'too_few_rows', rows: 20, needed: 50 });
  expect(await models.list(FAILURE_MODEL, 10)).toEqual([]);
});

it('registers a model that has learned, promotes it over the base rate, and trains the same rows once', async () => {
  await givenRollouts(20, 240, (lines) => (lines > 600 ? 0.85 : 0.05));
  const report = await train();
  expect(report).toMatchObject({ status: 'registered', rows: 240, version: 'failure/1', isChampion: true });
  expect(report.reason).toContain('beats the base rate beyond noise');
  const model = await models.get('failure/1');
  expect(model?.features).toEqual(['change.fix', 'change.la']);
  expect(model?.metrics['auc']).toBeGreaterThan(0.8);
  expect(await models.champion(FAILURE_MODEL)).toMatchObject({ current: { version: 'failure/1', by: 'test' } });
  expect(await train()).toMatchObject({ status: 'unchanged', rows: 240 });
});

it('is read by its run once it has ended', async () => {
  const workflows = new TemporalTrainingWorkflows(client, taskQueue, taskQueue);
  const { runId, outcome } = await workflows.start({ startedBy: 'test', seed: 1, promotes: false });
  expect(outcome).toBe('started');
  await client.workflow.getHandle(taskQueue, runId).result();
  const report = { status: 'unchanged', rows: 240 };
  expect(await workflows.state(runId)).toMatchObject({ phase: 'finished', report });
});

it('is told as failed with what it failed of', async () => {
  const nobody = `${taskQueue}-nobody`;
  const workflows = new TemporalTrainingWorkflows(client, nobody, nobody);
  const { runId } = await workflows.start({ startedBy: 'test', seed: 1, promotes: false });
  expect(await workflows.state(runId)).toEqual({ phase: 'running' });
  await client.workflow.getHandle(nobody, runId).terminate('enough of it');
  expect(await workflows.state(runId)).toEqual({ phase: 'failed', why: expect.stringMatching(/enough/) as string });
});

it('leaves a candidate that is no better a challenger', async () => {
  await givenRollouts(240, 320, (lines) => (lines > 600 ? 0.85 : 0.05));
  const report = await train({ seed: 2 });
  expect(report).toMatchObject({ status: 'registered', version: 'failure/2', isChampion: false });
  expect(report.reason).toMatch(/does not beat failure\/1 beyond noise|too few/);
  expect(await models.champion(FAILURE_MODEL)).toMatchObject({ current: { version: 'failure/1' } });
});

it('leaves the last word to a person where it is told to', async () => {
  await givenRollouts(320, 480, (lines) => (lines > 600 ? 0.05 : 0.85));
  const report = await train({ promotes: false });
  expect(report).toMatchObject({ status: 'registered', isChampion: false });
  expect(report.reason).toContain('a person decides');
});
