import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { KillSwitch, KillSwitchRecord } from '../../flags/document/kill-switch';
import type { KillSwitchesRepository, StandingKillSwitch } from '../../store/kill-switches-repository';
import type { ServerContext } from '../context';
import { actorOf } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, limitOf, NoBody, Nothing, ReasonText } from './parameters';

const tag = 'environments';
/** Each lost swap means that another writer won, so this many in a row are no ordinary load. */
const MAX_ATTEMPTS = 50;
const View = KillSwitch.extend({
  /** The record of the write that made it so; null where it was never used. */
  lastChange: KillSwitchRecord.nullable(),
});
const oneSwitch = { description: 'The kill switch.', schema: View };

/** The kill switch of an environment: reading, turning, its records. It needs this server and the database alone. */
export function addKillSwitchRoutes(routes: RouteTable, context: ServerContext): void {
  const { killSwitches } = context;

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/kill-switch',
    id: 'getKillSwitch',
    tag,
    summary: 'Whether the kill switch of the environment is on, since when, by whom and why',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: oneSwitch },
    handle: ({ params }) => killSwitches.get(params.env),
  });

  for (const on of [true, false]) {
    const verb = on ? 'kill' : 'release';
    routes.add({
      method: 'POST',
      path: `/v1/environments/:env/${verb}`,
      id: `${verb}Environment`,
      tag,
      summary: on
        ? 'Break-glass: every flag of the environment answers as when it is switched off; needs only this server and the database'
        : 'Takes the kill switch of the environment back: every flag answers as it stands again',
      role: 'operator',
      params: EnvironmentPath,
      query: Nothing,
      body: z.strictObject({ reason: ReasonText }),
      answers: { 200: oneSwitch },
      async handle({ params: { env }, body: { reason }, caller, log }) {
        await refuseUnknown(context, env);
        const at = new Date(context.databaseNowMs()).toISOString();
        const standing = await turn(killSwitches, env, on, { actor: actorOf(caller), reason, at });
        context.snapshots.invalidate(env);
        context.changes.changed(env);
        log.warn({ environment: env, revision: standing.revision }, `kill switch turned ${on ? 'on' : 'off'}`);
        return standing;
      },
    });
  }

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/kill-switch/history',
    id: 'killSwitchHistory',
    tag,
    summary: "The kill switch's records, newest first",
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ limit: limitOf(100, 1000) }),
    body: NoBody,
    answers: { 200: { description: 'The records.', schema: z.array(KillSwitchRecord) } },
    handle: ({ params, query }) => killSwitches.records(params.env, query.limit),
  });
}

/** A name mistyped in a hurry must not look as if something had been switched off. */
async function refuseUnknown({ flags }: ServerContext, environment: string): Promise<void> {
  if ((await flags.environments()).includes(environment)) return;
  throw new HeadgateError(ErrorCode.InvalidArgument, `there is no environment '${environment}' with flags`, {
    remedy: 'List those there are: GET /v1/environments.',
  });
}

/** One swap, repeated until it lands; a switch that stands so already is left alone. */
async function turn(
  killSwitches: KillSwitchesRepository,
  environment: string,
  on: boolean,
  edit: Parameters<KillSwitchesRepository['put']>[3],
): Promise<StandingKillSwitch> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const standing = await killSwitches.get(environment);
    if (standing.on === on) return standing;
    const written = await killSwitches.put(environment, on, standing.revision, edit);
    if (written !== null) return written;
  }
  throw new HeadgateError(ErrorCode.RevisionConflict, 'the kill switch is being turned too often to be written', {
    retryable: true,
  });
}
