import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { DecisionRecord, FieldChange } from '../../flags/document/decision-record';
import { definitionChanges, flagAt } from '../../flags/history/flag-at';
import { MAX_FLAG_BYTES } from '../../flags/document/flag';
import { documentId } from '../../flags/document/identifiers';
import { Impact, impactOf } from '../../flags/lifecycle/impact';
import type { ServerContext } from '../context';
import { FlagInput, FlagView, viewOf } from '../../flags/edit/flag-input';
import {
  archiveFlag,
  existing,
  known,
  putFlag,
  restoreFlag,
  switchFlag,
  type FlagWrite,
  type WrittenFlag,
} from '../../store/write-flag';
import { actorOf, type Caller } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, FlagPath, limitOf, NoBody, Nothing, ReasonText, revisionOf } from './parameters';

const tag = 'flags';
const FLAG_BODY_LIMIT = MAX_FLAG_BYTES;
const SwitchBody = z.strictObject({ reason: ReasonText });
const DeleteQuery = z.strictObject({
  /** An archived flag says why. */
  reason: ReasonText,
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
    summary: 'All flags of an environment by key; with `archived=true` those that are archived instead',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ archived: z.enum(['true', 'false']).default('false') }),
    body: NoBody,
    answers: { 200: { description: 'The flags.', schema: z.array(FlagView) } },
    async handle({ params, query }) {
      const isArchived = query.archived === 'true';
      const flags = await context.flags.list(params.env, { tombstones: isArchived });
      return flags.filter(({ deleted = false }) => deleted === isArchived).map(viewOf);
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
    id: 'archiveFlag',
    tag,
    summary:
      'Archives a flag, which can be restored; refused while a rollout is live or another flag has it as a prerequisite',
    role: 'operator',
    params: FlagPath,
    query: DeleteQuery,
    body: NoBody,
    answers: { 204: { description: 'It is archived.' } },
    async handle({ params, query, caller, header, reply, log }) {
      const write = writeOf(params, caller, query.reason);
      const result = await archiveFlag(writes, write, query.revision ?? revisionOf(header('if-match')));
      written(params.env, result);
      log.info({ flag: params.key, revision: result.flag.revision }, 'flag archived');
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

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/flags/:key/impact',
    id: 'flagImpact',
    tag,
    summary:
      'What a change of the flag touches: flags that depend on it with the path, flags that share its modules or services, segments it reads, live rollouts',
    role: 'viewer',
    params: FlagPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'What it touches.', schema: Impact } },
    async handle({ params }) {
      const [flags, segments] = await Promise.all([context.flags.list(params.env), context.segments.list(params.env)]);
      const flag = flags.find(({ key }) => key === params.key) ?? null;
      return impactOf(existing(flag, { environment: params.env, key: params.key }), flags, segments);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/flags/:key/diff',
    id: 'diffFlag',
    tag,
    summary: 'What people changed of a flag between two revisions, the last one being how it stands',
    role: 'viewer',
    params: FlagPath,
    query: z.strictObject({ from: z.coerce.number().int().min(1), to: z.coerce.number().int().min(1).optional() }),
    body: NoBody,
    answers: { 200: { description: 'The fields that differ.', schema: z.array(FieldChange) } },
    async handle({ params, query }) {
      const flag = known(await context.flags.get(documentId(params.env, params.key)), params);
      const { from, to = flag.revision } = query;
      const records = (await context.decisions.since(flag._id, Math.min(from, to))).toReversed();
      return definitionChanges(flagAt(flag, records, from), flagAt(flag, records, to));
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/flags/:key/restore',
    id: 'restoreFlag',
    tag,
    summary:
      'Brings back what people had written of a flag at a revision; an archived flag as it was, when none is named',
    role: 'operator',
    params: FlagPath,
    query: Nothing,
    body: z.strictObject({ reason: ReasonText, revision: z.int().min(1).optional() }),
    answers: { 200: oneFlag },
    async handle({ params, body, caller, log }) {
      const restores = { ...writes, decisions: context.decisions };
      const result = await restoreFlag(restores, writeOf(params, caller, body.reason), body.revision);
      log.info({ flag: params.key, revision: result.flag.revision, restored: body.revision }, 'flag restored');
      return written(params.env, result);
    },
  });
}

function checkSameKey(path: string, body: string | undefined): void {
  if (body === undefined || body === path) return;
  throw new HeadgateError(ErrorCode.InvalidArgument, `the body is flag '${body}', the path names '${path}'`);
}
