import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { DecisionRecord } from '../../flags/document/decision-record';
import { documentId } from '../../flags/document/identifiers';
import type { ServerContext } from '../context';
import { FlagInput, FlagView, viewOf } from '../flags/flag-input';
import { deleteFlag, existing, putFlag, switchFlag, type FlagWrite, type WrittenFlag } from '../flags/write-flag';
import { actorOf, type Caller } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, FlagPath, limitOf, NoBody, Nothing, ReasonText, revisionOf } from './parameters';

const tag = 'flags';
const FLAG_BODY_LIMIT = 512 * 1024;
const SwitchBody = z.strictObject({ reason: ReasonText });
const DeleteQuery = z.strictObject({
  reason: ReasonText.optional(),
  revision: z.coerce.number().int().min(1).optional(),
});
const oneFlag = { description: 'The flag.', schema: FlagView };

/** Flags: reading, editing, deleting, break-glass and history. */
export function addFlagRoutes(routes: RouteTable, context: ServerContext): void {
  const writes = { flags: context.flags, segments: context.segments, nowMs: context.databaseNowMs };
  const written = (environment: string, { flag, written: anew }: WrittenFlag): FlagView => {
    if (anew) context.snapshots.invalidate(environment);
    return viewOf(flag);
  };
  const writeOf = (params: { env: string; key: string }, caller: Caller, reason: string): FlagWrite => ({
    environment: params.env,
    key: params.key,
    actor: actorOf(caller),
    reason,
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/flags',
    id: 'listFlags',
    tag,
    summary: 'All flags of an environment by key, deleted ones left out',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The flags.', schema: z.array(FlagView) } },
    async handle({ params }) {
      const flags = await context.flags.list(params.env);
      return flags.filter(({ deleted }) => deleted !== true).map(viewOf);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/flags/:key',
    id: 'getFlag',
    tag,
    summary: 'One flag; its revision is also the ETag',
    role: 'viewer',
    params: FlagPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: oneFlag },
    async handle({ params, reply }) {
      const flag = existing(await context.flags.get(documentId(params.env, params.key)), {
        environment: params.env,
        key: params.key,
      });
      void reply.header('etag', `"${flag.revision}"`);
      return viewOf(flag);
    },
  });

  routes.add({
    method: 'PUT',
    path: '/v1/environments/:env/flags/:key',
    id: 'putFlag',
    tag,
    summary: 'Creates or edits a flag; a live rollout block stays untouched. 201 when created, 200 otherwise',
    role: 'operator',
    params: FlagPath,
    query: Nothing,
    body: FlagInput,
    bodyLimit: FLAG_BODY_LIMIT,
    answers: { 200: oneFlag, 201: oneFlag },
    async handle({ params, body, caller, header, reply, log }) {
      checkSameKey(params.key, body.key);
      const input = { ...body, revision: body.revision ?? revisionOf(header('if-match')) };
      const write = writeOf(params, caller, body.reason ?? 'applied through the API');
      const result = await putFlag(writes, write, input);
      log.info({ flag: params.key, revision: result.flag.revision, written: result.written }, 'flag put');
      const isNew = result.written && result.flag.lastChange.action === 'flag.create';
      void reply.code(isNew ? 201 : 200).header('etag', `"${result.flag.revision}"`);
      return written(params.env, result);
    },
  });

  routes.add({
    method: 'DELETE',
    path: '/v1/environments/:env/flags/:key',
    id: 'deleteFlag',
    tag,
    summary: 'Deletes a flag; refused while a rollout is live or another flag has it as a prerequisite',
    role: 'operator',
    params: FlagPath,
    query: DeleteQuery,
    body: NoBody,
    answers: { 204: { description: 'It is deleted.' } },
    async handle({ params, query, caller, header, reply, log }) {
      const write = writeOf(params, caller, query.reason ?? 'deleted through the API');
      const result = await deleteFlag(writes, write, query.revision ?? revisionOf(header('if-match')));
      written(params.env, result);
      log.info({ flag: params.key, revision: result.flag.revision }, 'flag deleted');
      return reply.code(204).send();
    },
  });

  for (const enabled of [false, true]) {
    const verb = enabled ? 'on' : 'off';
    routes.add({
      method: 'POST',
      path: `/v1/environments/:env/flags/:key/${verb}`,
      id: `switchFlag${enabled ? 'On' : 'Off'}`,
      tag,
      summary: `Break-glass: switches a flag ${verb} at once, over any rollout; needs only this server and the database`,
      role: 'operator',
      params: FlagPath,
      query: Nothing,
      body: SwitchBody,
      answers: { 200: oneFlag },
      async handle({ params, body, caller, log }) {
        const result = await switchFlag(writes, writeOf(params, caller, body.reason), enabled);
        const { revision, rollout } = result.flag;
        log.warn(
          { flag: params.key, revision, rolloutId: rollout?.id, transition: rollout?.transition },
          `flag switched ${verb}`,
        );
        return written(params.env, result);
      },
    });
  }

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/flags/:key/history',
    id: 'flagHistory',
    tag,
    summary: "The flag's decision records, newest first",
    role: 'viewer',
    params: FlagPath,
    query: z.strictObject({ limit: limitOf(100, 1000), beforeRevision: z.coerce.number().int().min(1).optional() }),
    body: NoBody,
    answers: { 200: { description: 'The records.', schema: z.array(DecisionRecord) } },
    async handle({ params, query }) {
      return context.decisions.byFlag(documentId(params.env, params.key), query);
    },
  });
}

function checkSameKey(path: string, body: string | undefined): void {
  if (body === undefined || body === path) return;
  throw new HeadgateError(ErrorCode.InvalidArgument, `the body is flag '${body}', the path names '${path}'`);
}
