import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ModelDrift } from '../../store/model-drift-repository';
import { FAILURE_MODEL, type Champion, type ModelVersion } from '../../store/models-repository';
import type { LiveScore } from '../../store/predictions-repository';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { limitOf, NoBody, Nothing, ReasonText } from './parameters';

const tag = 'models';
const version = z
  .string()
  .regex(/^[a-z]+\/\d{1,9}$/, "is a kind and a number, such as 'failure/3'")
  .max(60);
const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const LiveView = z.object({
  rollouts: z.int(),
  failures: z.int(),
  brier: Interval,
  logLoss: Interval,
  /** Null without rollouts of both ends. */
  auc: Interval.nullable(),
  /** Whether as many fail as it says, by an e-value. */
  calibration: z
    .object({ expected: z.number(), evidence: z.number(), needed: z.number(), isOff: z.boolean() })
    .optional(),
  /** Of challengers: beside the champion, on rollouts of which both have spoken. */
  against: z
    .object({
      champion: z.string(),
      gain: Interval,
      evidence: z.number(),
      needed: z.number(),
      isBetterBeyondNoise: z.boolean(),
    })
    .optional(),
});
const DriftView = z.object({
  at: z.string(),
  inputs: z.object({
    /** `no_rows`: what it has learned from is not known; `too_few`: fewer changes than needed. */
    status: z.enum(['no_rows', 'too_few', 'watched']),
    changes: z.int(),
    needed: z.int(),
    evidenceNeeded: z.number(),
    features: z.array(
      z.object({ feature: z.string(), evidence: z.number(), stability: z.number(), isDrifted: z.boolean() }),
    ),
  }),
  alerts: z.array(
    z.object({ drift: z.enum(['inputs', 'calibration']), since: z.string(), text: z.string(), isTold: z.boolean() }),
  ),
});
const ModelView = z.object({
  version: z.string(),
  stage: z.enum(['champion', 'challenger']),
  configuration: z.record(z.string(), z.unknown()),
  features: z.array(z.string()),
  data: z.object({ fingerprint: z.string(), rows: z.int(), failures: z.int() }),
  metrics: z.record(z.string(), z.number()),
  codeVersion: z.string(),
  seed: z.number(),
  trainedAt: z.string(),
  trainedBy: z.string(),
  sizeBytes: z.int(),
  promotedBy: z.string().optional(),
  promotedAt: z.string().optional(),
  promotedFor: z.string().optional(),
  /** Percent of rollouts that it decides for on trial. */
  trialShare: z.number().optional(),
  /** How it does on live rollouts of known end. */
  live: LiveView.optional(),
  /** Of the champion: whether it is still asked of changes such as it has learned from, and what receivers were told. */
  drift: DriftView.optional(),
});
const Decided = z.object({
  /** Null while the model that comes with Headgate decides. */
  champion: z.string().nullable(),
  before: z.string().nullable(),
});

/** The model registry: what there is, which one decides, and who said so. */
export function addModelRoutes(routes: RouteTable, context: ServerContext): void {
  const { models, predictions, drift } = context;
  const now = (): Date => new Date(context.databaseNowMs());

  routes.add({
    method: 'GET',
    path: '/v1/models',
    id: 'listModels',
    tag,
    summary: 'Trained models, newest first, and which of them decides',
    role: 'viewer',
    params: Nothing,
    query: z.strictObject({ limit: limitOf(50, 500) }),
    body: NoBody,
    answers: { 200: { description: 'The models.', schema: z.array(ModelView) } },
    async handle({ query }) {
      const [listed, champion, live, drifted] = await Promise.all([
        models.list(FAILURE_MODEL, query.limit),
        models.champion(FAILURE_MODEL),
        predictions.scores(FAILURE_MODEL),
        drift.get(FAILURE_MODEL),
      ]);
      const scores = new Map((live?.scores ?? []).map((score) => [score.version, score]));
      return listed.map((model) => ({
        ...viewOf(model, champion, scores.get(model._id)),
        ...(drifted?.version === model._id ? { drift: driftViewOf(drifted) } : {}),
      }));
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/models/champion',
    id: 'promoteModel',
    tag,
    summary: 'Makes a version champion, or the champion before this one when no version is named',
    role: 'operator',
    params: Nothing,
    query: Nothing,
    body: z.strictObject({ version: version.optional(), reason: ReasonText }),
    answers: { 200: { description: 'Who decides now.', schema: Decided } },
    async handle({ body, caller, log }) {
      const standing = await models.champion(FAILURE_MODEL);
      const decision = { by: caller.name, reason: body.reason, at: now() };
      if (body.version === undefined && standing.current === null) {
        throw new HeadgateError(ErrorCode.MessageRejected, 'the model that comes with Headgate decides already', {
          remedy: 'Name the version to promote.',
        });
      }
      const after =
        body.version === undefined
          ? await models.rollBack(FAILURE_MODEL, decision, standing.revision)
          : await models.promote(FAILURE_MODEL, { ...decision, version: body.version }, standing.revision);
      const answer = { champion: after.current?.version ?? null, before: standing.current?.version ?? null };
      log.info({ ...answer, by: caller.name }, 'champion chosen');
      return answer;
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/models/trial',
    id: 'tryModel',
    tag,
    summary: 'Lets a challenger decide for a share of the rollouts, or ends that when no version is named',
    role: 'operator',
    params: Nothing,
    query: Nothing,
    body: z.union([
      z.strictObject({ version, share: z.number().min(0.1).max(50), reason: ReasonText }),
      z.strictObject({ reason: ReasonText }),
    ]),
    answers: {
      200: {
        description: 'Who is on trial now.',
        schema: z.object({ version: z.string().nullable(), share: z.number() }),
      },
    },
    async handle({ body, caller, log }) {
      const { revision } = await models.champion(FAILURE_MODEL);
      const trial =
        'version' in body
          ? { version: body.version, share: body.share, by: caller.name, reason: body.reason, at: now() }
          : null;
      const after = await models.setTrial(FAILURE_MODEL, trial, revision);
      const answer = { version: after.trial?.version ?? null, share: after.trial?.share ?? 0 };
      log.info({ ...answer, by: caller.name, reason: body.reason }, 'trial of a model set');
      return answer;
    },
  });
}

function viewOf(
  model: ModelVersion,
  { current, trial }: Champion,
  live: LiveScore | undefined,
): z.infer<typeof ModelView> {
  const isChampion = current?.version === model._id;
  return {
    version: model._id,
    stage: isChampion ? 'champion' : 'challenger',
    configuration: { ...model.configuration },
    features: [...model.features],
    data: { fingerprint: model.data.fingerprint, rows: model.data.rows, failures: model.data.failures },
    metrics: { ...model.metrics },
    codeVersion: model.codeVersion,
    seed: model.seed,
    trainedAt: model.trainedAt.toISOString(),
    trainedBy: model.trainedBy,
    sizeBytes: model.artefact.sizeBytes,
    ...(isChampion
      ? { promotedBy: current.by, promotedAt: current.at.toISOString(), promotedFor: current.reason }
      : {}),
    ...(trial?.version === model._id ? { trialShare: trial.share } : {}),
    ...(live === undefined ? {} : { live: liveViewOf(live) }),
  };
}

function liveViewOf({ version: _, ...live }: LiveScore): z.infer<typeof LiveView> {
  return live;
}

function driftViewOf({ at, inputs, alerts }: ModelDrift): z.infer<typeof DriftView> {
  return {
    at: at.toISOString(),
    inputs: { ...inputs, features: inputs.features.map((one) => ({ ...one })) },
    alerts: alerts.map(({ drift, since, text, isTold }) => ({ drift, since: since.toISOString(), text, isTold })),
  };
}
