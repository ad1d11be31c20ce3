import { z } from 'zod';
import { documentId, FlagKey } from '../../flags/document/identifiers';
import type { RolloutPlan } from '../../flags/plan/plan';
import { resolvePlan } from '../../flags/plan/resolve-plan';
import type { ServerContext } from '../context';
import { existing } from '../../store/write-flag';
import type { RouteTable } from '../http/route';
import { causesOf } from '../rollouts/causes-view';
import { checkPlan } from '../rollouts/check-plan';
import { estimateNotes, sampleNotes, type AssumedTraffic } from '../rollouts/estimate';
import { recordedTraffic, type RecordedTrafficSources } from '../rollouts/recorded-traffic';
import { readStatus, statusOf } from '../rollouts/read-status';
import { locateRollout } from '../rollouts/rollout-directory';
import { PHASES, StartAnswer, StatusView, TimelineView } from '../rollouts/rollout-views';
import { startRollout } from '../rollouts/start-rollout';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import { checkSameEnvironment, EnvironmentPath, limitOf, NoBody, Nothing, RolloutPath } from './parameters';

const tag = 'rollouts';
/** Names of the feature catalogue: where it comes from, and what it is. */
const FEATURE = /^(change|build|deployments|system|behaviour)\.[A-Za-z]{1,60}$/;
const StartBody = z.strictObject({
  /** The plan as written; defaults are filled in by the server. */
  plan: z.record(z.string(), z.json()),
  /** Start anew although the same rollout has finished. */
  again: z.boolean().default(false),
  /** End another plan's live rollout as superseded first. */
  replace: z.boolean().default(false),
  /** Only check and resolve the plan. */
  dryRun: z.boolean().default(false),
  /** What is known of the change before the start (`headgate assess`), for predictions. */
  features: z
    .strictObject({
      catalogueVersion: z.int().positive(),
      values: z
        .record(z.string(), z.number().nullable())
        .refine((values) => Object.keys(values).length <= 200, 'holds more than 200 features')
        .refine(
          (values) => Object.keys(values).every((name) => FEATURE.test(name)),
          'holds a name that is no feature, which would be such as change.la',
        ),
    })
    .optional(),
  /** Traffic for a dry run to reckon with. */
  assume: z
    .strictObject({ requestsPerMinute: z.number().positive().max(1e9), errorRate: z.number().min(0).max(1) })
    .optional(),
});
const State = z.enum(['live', ...PHASES]);
/** Phases of a rollout that has not ended. */
const LIVE = ['assessing', 'progressing', 'paused', 'narrowed'] as const;
const ListQuery = z.strictObject({ state: State.optional(), flag: FlagKey.optional(), limit: limitOf(50, 500) });

/** Rollouts: starting, listing, status and timeline. */
export function addRolloutRoutes(routes: RouteTable, context: ServerContext): void {
  const { rollouts, workflows } = context;
  const webUrlOf = (environment: string, flagKey: string): string | undefined =>
    context.temporalUiUrl === undefined
      ? undefined
      : `${context.temporalUiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(context.temporalNamespace)}/workflows/${encodeURIComponent(rolloutWorkflowId(environment, flagKey))}`;

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/rollouts',
    id: 'startRollout',
    tag,
    summary: 'Starts a rollout, attaches to the same live one, or answers the same finished one. 201 when started',
    role: 'operator',
    params: EnvironmentPath,
    query: Nothing,
    body: StartBody,
    bodyLimit: 256 * 1024,
    // `replace` waits for the other rollout's end.
    timeoutMs: 60_000,
    answers: {
      200: { description: 'Attached, finished or a dry run.', schema: StartAnswer },
      201: { description: 'Started.', schema: StartAnswer },
    },
    async handle({ params: { env }, body, caller, reply, log }) {
      const plan = resolvePlan(body.plan, { environment: env });
      checkSameEnvironment('plan', plan.environment, env);
      const [flag, segments] = await Promise.all([
        context.flags.get(documentId(env, plan.flag)),
        context.segments.list(env),
      ]);
      // An attach or a finished start must not fail because completion has changed the flag since, so the check comes later.
      const check = (): string[] => checkPlan(plan, flag, (key) => segments.some((segment) => segment.key === key));
      const workflowId = rolloutWorkflowId(env, plan.flag);
      const common = { workflowId, webUrl: webUrlOf(env, plan.flag), plan };
      if (body.dryRun) {
        const notes = [...check(), ...(await trafficNotes(context, plan, body.assume))];
        return { outcome: 'dry_run', rolloutId: null, ...common, notes };
      }
      existing(flag, { environment: env, key: plan.flag });
      const { features } = context;
      const dependencies = {
        rollouts,
        features,
        workflows,
        signingKey: context.signingKey,
        nowMs: context.databaseNowMs,
      };
      const started = await startRollout(dependencies, plan, { ...body, check }, caller);
      const { outcome, rolloutId } = started;
      log.info({ rolloutId, workflowId, outcome, transition: 0 }, 'rollout start asked for');
      if (outcome === 'started') void reply.code(201);
      const status = outcome === 'finished' ? statusOf(started.projection) : undefined;
      return { outcome, rolloutId, ...common, status, notes: started.notes };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/rollouts',
    id: 'listRollouts',
    tag,
    summary: 'Rollouts, latest first, as last saved; `state=live` for all that have not ended',
    role: 'viewer',
    params: EnvironmentPath,
    query: ListQuery,
    body: NoBody,
    answers: { 200: { description: 'Their statuses.', schema: z.array(StatusView) } },
    async handle({ params, query }) {
      const { state, flag: flagKey, limit } = query;
      const states = state === 'live' ? LIVE : [state];
      const lists = await Promise.all(
        states.map((one) => rollouts.list({ environment: params.env, flagKey, limit, state: one })),
      );
      const newest = lists.flat().sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
      return newest.slice(0, limit).map(statusOf);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/rollouts/:id',
    id: 'getRollout',
    tag,
    summary: 'Where a rollout stands; `:id` is a rollout id, or a flag key for its live or latest rollout',
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'Its status.', schema: StatusView } },
    async handle({ params }) {
      const located = await locateRollout(context, params.env, params.id);
      const status = await readStatus(workflows, located, context.databaseNowMs());
      const isLive = (LIVE as readonly string[]).includes(status.phase);
      const killSwitch = isLive ? await killSwitchOf(context, params.env) : undefined;
      return { ...status, killSwitch, webUrl: webUrlOf(params.env, located.flagKey) };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/rollouts/:id/timeline',
    id: 'rolloutTimeline',
    tag,
    summary: "The rollout's transitions from the decision records, in order",
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The entries.', schema: TimelineView } },
    async handle({ params }) {
      const { rolloutId } = await locateRollout(context, params.env, params.id);
      const [records, attributions] = await Promise.all([
        context.decisions.byRollout(rolloutId),
        context.attributions.byRollout(rolloutId),
      ]);
      const causes = new Map(attributions.map(({ transition, ...rest }) => [transition, causesOf(rest)]));
      return records.map(({ at, action, transition, weightAfter, actor, reason, evidence, notApplied, revision }) => ({
        at,
        action,
        transition,
        weight: weightAfter,
        actor,
        reason,
        evidence,
        notApplied,
        revision,
        causes: transition === undefined ? undefined : causes.get(transition),
      }));
    },
  });
}

/** Known from the database, so that it is told with all workers down too. */
async function killSwitchOf(
  { killSwitches }: ServerContext,
  environment: string,
): Promise<{ since: string; by: string; reason: string } | undefined> {
  const { on, lastChange } = await killSwitches.get(environment);
  return on && lastChange !== null
    ? { since: lastChange.at, by: lastChange.actor.name, reason: lastChange.reason }
    : undefined;
}

/** Base rate that sample sizes are told at where nobody says another. */
const ASSUMED_ERROR_RATE = 0.01;

async function trafficNotes(
  sources: RecordedTrafficSources,
  plan: RolloutPlan,
  assume: AssumedTraffic | undefined,
): Promise<string[]> {
  if (assume !== undefined) return estimateNotes(plan, assume);
  const recorded = await recordedTraffic(sources, plan);
  if (recorded !== null) return [`traffic as rollout ${recorded.rolloutId} saw it`, ...estimateNotes(plan, recorded)];
  return [
    ...sampleNotes(plan, ASSUMED_ERROR_RATE),
    'whether its traffic can decide the plan is not known: say how many requests come a minute and which share of them fails',
  ];
}
