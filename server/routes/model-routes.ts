import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { Champion, ModelVersion } from '../../store/models-repository';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { limitOf, NoBody, Nothing, ReasonText } from './parameters';

const tag = 'models';
/** What models of this registry predict. */
const FAILURE = 'failure';
const version = z
  .string()
  .regex(/^[a-z]+\/\d{1,9}$/, "is a kind and a number, such as 'failure/3'")
  .max(60);
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
});
const Decided = z.object({
  /** Null while the model that comes with Headgate decides. */
  champion: z.string().nullable(),
  before: z.string().nullable(),
});

/** The model registry: what there is, which one decides, and who said so. */
export function addModelRoutes(routes: RouteTable, context: ServerContext): void {
  const { models, training } = context;
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
      const [listed, champion] = await Promise.all([models.list(FAILURE, query.limit), models.champion(FAILURE)]);
      return listed.map((model) => viewOf(model, champion));
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
      const standing = await models.champion(FAILURE);
      const decision = { by: caller.name, reason: body.reason, at: now() };
      if (body.version === undefined && standing.current === null) {
        throw new HeadgateError(ErrorCode.MessageRejected, 'the model that comes with Headgate decides already', {
          remedy: 'Name the version to promote.',
        });
      }
      const after =
        body.version === undefined
          ? await models.rollBack(FAILURE, decision, standing.revision)
          : await models.promote(FAILURE, { ...decision, version: body.version }, standing.revision);
      const answer = { champion: after.current?.version ?? null, before: standing.current?.version ?? null };
      log.info({ ...answer, by: caller.name }, 'champion chosen');
      return answer;
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/models/train',
    id: 'trainModel',
    tag,
    summary: 'Starts a training on the rollouts that have ended, or attaches to the one under way',
    role: 'operator',
    params: Nothing,
    query: Nothing,
    body: z.strictObject({ seed: z.int().min(0).default(1), promotes: z.boolean().default(false) }),
    answers: {
      202: {
        description: 'It is under way.',
        schema: z.object({ workflowId: z.string(), webUrl: z.string().optional() }),
      },
    },
    async handle({ body, caller, reply }) {
      const workflowId = await training.start({ startedBy: caller.name, ...body });
      void reply.code(202);
      const { temporalUiUrl, temporalNamespace } = context;
      if (temporalUiUrl === undefined) return { workflowId };
      const path = `/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(workflowId)}`;
      return { workflowId, webUrl: `${temporalUiUrl.replace(/\/$/, '')}${path}` };
    },
  });
}

function viewOf(model: ModelVersion, { current }: Champion): z.infer<typeof ModelView> {
  const isChampion = current?.version === model._id;
  return {
    version: model._id,
    stage: isChampion ? 'champion' : 'challenger',
    configuration: { ...model.configuration },
    features: [...model.features],
    data: model.data,
    metrics: { ...model.metrics },
    codeVersion: model.codeVersion,
    seed: model.seed,
    trainedAt: model.trainedAt.toISOString(),
    trainedBy: model.trainedBy,
    sizeBytes: model.artefact.sizeBytes,
    ...(isChampion
      ? { promotedBy: current.by, promotedAt: current.at.toISOString(), promotedFor: current.reason }
      : {}),
  };
}
