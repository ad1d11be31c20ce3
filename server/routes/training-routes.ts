import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { NoBody, Nothing } from './parameters';

const tag = 'models';
const runId = z.guid();
const Report = z.object({
  status: z.enum(['too_few_rows', 'unchanged', 'registered']),
  rows: z.int(),
  failures: z.int(),
  /** Rows wanted before anything is learned. */
  needed: z.int(),
  version: z.string().optional(),
  isChampion: z.boolean().optional(),
  /** Why it became champion or did not. */
  reason: z.string().optional(),
});
const TrainingView = z.object({
  runId,
  phase: z.enum(['running', 'finished', 'failed']),
  /** Of a finished one. */
  report: Report.optional(),
  /** Of a failed one. */
  why: z.string().optional(),
});

/** Trainings of the failure model: the start of one, and what came of it. */
export function addTrainingRoutes(routes: RouteTable, context: ServerContext): void {
  const { training } = context;

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
        schema: z.object({
          workflowId: z.string(),
          runId,
          outcome: z.enum(['started', 'attached']),
          webUrl: z.string().optional(),
        }),
      },
    },
    async handle({ body, caller, reply }) {
      const started = await training.start({ startedBy: caller.name, ...body });
      void reply.code(202);
      const { temporalUiUrl, temporalNamespace } = context;
      if (temporalUiUrl === undefined) return started;
      const path = `/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(started.workflowId)}`;
      return { ...started, webUrl: `${temporalUiUrl.replace(/\/$/, '')}${path}` };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/models/train/:runId',
    id: 'getTraining',
    tag,
    summary: 'Where one training stands, and what came of it',
    role: 'viewer',
    params: z.strictObject({ runId }),
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The training.', schema: TrainingView } },
    async handle({ params }) {
      const state = await training.state(params.runId);
      if (state !== null) return { runId: params.runId, ...state };
      throw new HeadgateError(ErrorCode.TrainingNotFound, `there is no training '${params.runId}'`, {
        remedy: 'List what was trained with headgate model list.',
      });
    },
  });
}
