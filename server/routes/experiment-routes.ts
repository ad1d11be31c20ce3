import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { documentId, FlagKey } from '../../flags/document/identifiers';
import { resolveExperiment } from '../../flags/experiment/resolve-experiment';
import { existing } from '../../store/write-flag';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import type { ServerContext } from '../context';
import { checkExperiment } from '../experiments/check-experiment';
import { experimentStatusOf, locateExperiment, readExperiment } from '../experiments/experiment-directory';
import { AnalysisView, ExperimentStartAnswer, ExperimentView } from '../experiments/experiment-views';
import { sendExperimentMessage } from '../experiments/send-experiment-message';
import { startExperiment } from '../experiments/start-experiment';
import type { RouteTable } from '../http/route';
import { QueuedView } from '../rollouts/rollout-views';
import { checkSameEnvironment, EnvironmentPath, limitOf, NoBody, Nothing, ReasonText, RolloutPath } from './parameters';

const tag = 'experiments';
const StartBody = z.strictObject({
  /** The experiment as written; defaults are filled in by the server. */
  experiment: z.record(z.string(), z.json()),
  /** Start anew although the same experiment has ended. */
  again: z.boolean().default(false),
  /** Only check and resolve it. */
  dryRun: z.boolean().default(false),
});
const MessagePath = RolloutPath.extend({ name: z.enum(['pause', 'resume', 'conclude', 'abort']) });
const MessageAnswer = z.object({
  accepted: z.boolean(),
  text: z.string(),
  state: z.string(),
  transition: z.number().optional(),
});

/** Experiments: starting, listing, status and messages. */
export function addExperimentRoutes(routes: RouteTable, context: ServerContext): void {
  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/experiments',
    id: 'startExperiment',
    tag,
    summary: 'Starts an experiment, attaches to the same live one, or answers the same finished one. 201 when started',
    role: 'operator',
    params: EnvironmentPath,
    query: Nothing,
    body: StartBody,
    bodyLimit: 256 * 1024,
    answers: {
      200: { description: 'Attached, finished or a dry run.', schema: ExperimentStartAnswer },
      201: { description: 'Started.', schema: ExperimentStartAnswer },
    },
    async handle({ params: { env }, body, caller, reply, log }) {
      const plan = resolveExperiment(body.experiment, { environment: env });
      checkSameEnvironment('experiment', plan.base.environment, env);
      const { flag: key } = plan.base;
      const [flag, segments] = await Promise.all([context.flags.get(documentId(env, key)), context.segments.list(env)]);
      const check = (): string[] => checkExperiment(plan, flag, (name) => segments.some((one) => one.key === name));
      const common = { workflowId: rolloutWorkflowId(env, key), armWeight: plan.armWeight };
      if (body.dryRun) return { outcome: 'dry_run', experimentId: null, ...common, notes: check() };
      existing(flag, { environment: env, key });
      const started = await startExperiment(context, plan, { again: body.again, check }, caller);
      const { outcome, experimentId, notes } = started;
      log.info({ experimentId, outcome }, 'experiment start asked for');
      if (outcome === 'started') void reply.code(201);
      const status = outcome === 'finished' ? experimentStatusOf(started.projection) : undefined;
      return { outcome, experimentId, ...common, notes, status };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/experiments',
    id: 'listExperiments',
    tag,
    summary: 'Experiments, latest first, as last saved',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ flag: FlagKey.optional(), limit: limitOf(50, 500) }),
    body: NoBody,
    answers: { 200: { description: 'Their statuses.', schema: z.array(ExperimentView) } },
    async handle({ params, query }) {
      return (await context.experiments.list(params.env, query)).map(experimentStatusOf);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/experiments/:id',
    id: 'getExperiment',
    tag,
    summary: 'Where an experiment stands, with its whole analysis; `:id` is its id, or a flag key for the latest',
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'Its status.', schema: ExperimentView } },
    async handle({ params }) {
      const located = await locateExperiment(context, params.env, params.id);
      const status = await readExperiment(context, located);
      const { analysis } = located.projection ?? {};
      return { ...status, ...(analysis === undefined ? {} : { analysis: AnalysisView.parse(JSON.parse(analysis)) }) };
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/experiments/:id/messages/:name',
    id: 'sendExperimentMessage',
    tag,
    summary:
      'Sends a message to a live experiment, signed with its sender. 202 when no worker answers and it is queued',
    role: 'operator',
    params: MessagePath,
    query: Nothing,
    body: z.strictObject({ reason: ReasonText }),
    answers: {
      200: { description: 'What it came to.', schema: MessageAnswer },
      202: { description: 'Left for when a worker is back; its id makes it count once.', schema: QueuedView },
    },
    async handle({ params: { env, id, name }, body, caller, reply, log }) {
      const experiment = await locateExperiment(context, env, id);
      const message = { id: randomUUID(), ...body };
      const answer = await sendExperimentMessage(context, experiment, name, message, caller);
      const isQueued = 'queued' in answer;
      log.info(
        { experimentId: experiment.experimentId, message: name, messageId: message.id, isQueued },
        'message sent',
      );
      context.snapshots.invalidate(env);
      if (isQueued) void reply.code(202);
      return answer;
    },
  });
}
