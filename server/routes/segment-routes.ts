import { z } from 'zod';
import { ErrorCode, HeadgateError, ValidationError } from '../../core/errors';
import { Segment } from '../../flags/document/segment';
import { validateSegment } from '../../flags/document/validate-flag';
import { SegmentRecord } from '../../flags/document/segment-record';
import type { SegmentEdit } from '../../store/segment-chain';
import type { ServerContext } from '../context';
import { checkSegmentDelete, referencesOf } from '../../flags/edit/flag-rules';
import { actorOf, type Caller } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, limitOf, NoBody, Nothing, ReasonText, revisionOf, SegmentPath } from './parameters';

const tag = 'segments';
const SegmentInput = Segment.omit({ environment: true, revision: true }).extend({
  /** Must be the key of the path when given. */
  key: Segment.shape.key.optional(),
  /** Write only if the segment stands at this revision; 0 means only if there is none. */
  revision: z.int().nonnegative().optional(),
  /** For the record. */
  reason: ReasonText.optional(),
});
const MAX_ATTEMPTS = 20;
/** A list of 100,000 ids of 36 characters takes four megabytes; a document of the database holds sixteen. */
const SEGMENT_BODY_LIMIT = 8 * 1024 * 1024;
const oneSegment = { description: 'The segment.', schema: Segment };

/** Segments: reading, editing, deleting. */
export function addSegmentRoutes(routes: RouteTable, context: ServerContext): void {
  const { segments, flags } = context;
  const editBy = (caller: Caller, reason: string): SegmentEdit => ({
    actor: actorOf(caller),
    reason,
    at: new Date(context.databaseNowMs()).toISOString(),
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/segments',
    id: 'listSegments',
    tag,
    summary: 'All segments of an environment by key',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The segments.', schema: z.array(Segment) } },
    handle: ({ params }) => segments.list(params.env),
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/segments/:key',
    id: 'getSegment',
    tag,
    summary: 'One segment; its revision is also the ETag',
    role: 'viewer',
    params: SegmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: oneSegment },
    async handle({ params, reply }) {
      const segment = await segments.get(params.env, params.key);
      if (segment === null) throw noSegment(params);
      void reply.header('etag', `"${segment.revision}"`);
      return segment;
    },
  });

  routes.add({
    method: 'PUT',
    path: '/v1/environments/:env/segments/:key',
    id: 'putSegment',
    tag,
    summary: 'Creates or edits a segment; a live rollout whose flag names it pauses with the difference',
    role: 'operator',
    params: SegmentPath,
    query: Nothing,
    body: SegmentInput,
    bodyLimit: SEGMENT_BODY_LIMIT,
    answers: { 200: oneSegment, 201: oneSegment },
    async handle({ params: { env, key }, body, caller, header, reply, log }) {
      const { revision = revisionOf(header('if-match')), key: ofBody, reason, ...fields } = body;
      const edit = editBy(caller, reason ?? 'applied through the API');
      if (ofBody !== undefined && ofBody !== key) {
        throw new HeadgateError(ErrorCode.InvalidArgument, `the body is segment '${ofBody}', the path names '${key}'`);
      }
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const all = await segments.list(env);
        const issues = validateSegment({ key, if: fields.if }, referencesOf([], all));
        if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidArgument, `segment '${key}'`, issues);
        const standing = all.find((segment) => segment.key === key)?.revision ?? 0;
        if (revision !== undefined && revision !== standing) throw conflict(key, revision, standing);
        const written = await segments.put({ environment: env, key, ...fields }, standing, edit);
        if (written === null) continue;
        context.snapshots.invalidate(env);
        log.info({ segment: key, revision: written.revision }, 'segment put');
        void reply.code(standing === 0 ? 201 : 200).header('etag', `"${written.revision}"`);
        return written;
      }
      throw new HeadgateError(ErrorCode.RevisionConflict, `segment '${key}' is being edited too often to be written`);
    },
  });

  routes.add({
    method: 'DELETE',
    path: '/v1/environments/:env/segments/:key',
    id: 'deleteSegment',
    tag,
    summary: 'Deletes a segment; refused while a flag or another segment names it',
    role: 'operator',
    params: SegmentPath,
    query: z.strictObject({ reason: ReasonText.optional() }),
    body: NoBody,
    answers: { 204: { description: 'It is deleted.' } },
    async handle({ params, query, caller, header, reply, log }) {
      const { env, key } = params;
      const [all, flagsThere] = await Promise.all([segments.list(env), flags.list(env)]);
      const standing = all.find((segment) => segment.key === key);
      if (standing === undefined) throw noSegment(params);
      const wanted = revisionOf(header('if-match')) ?? standing.revision;
      checkSegmentDelete(key, flagsThere, all);
      const edit = editBy(caller, query.reason ?? 'deleted through the API');
      const removed = wanted === standing.revision && (await segments.remove(env, key, wanted, edit));
      if (!removed) throw conflict(key, wanted, standing.revision);
      context.snapshots.invalidate(env);
      log.info({ segment: key }, 'segment deleted');
      return reply.code(204).send();
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/segments/:key/history',
    id: 'segmentHistory',
    tag,
    summary: "The segment's records, newest first: who changed it, why, and each field before and after",
    role: 'viewer',
    params: SegmentPath,
    query: z.strictObject({ limit: limitOf(100, 1000) }),
    body: NoBody,
    answers: { 200: { description: 'The records.', schema: z.array(SegmentRecord) } },
    handle: ({ params, query }) => segments.records(params.env, params.key, query.limit),
  });
}

/** That an environment has no such segment. */
export function noSegment({ env, key }: { env: string; key: string }): HeadgateError {
  return new HeadgateError(ErrorCode.SegmentNotFound, `there is no segment '${key}' in '${env}'`, {
    remedy: 'Check key and environment; GET /v1/environments/ENV/segments lists what there is.',
  });
}

function conflict(key: string, wanted: number, standing: number): HeadgateError {
  return new HeadgateError(ErrorCode.RevisionConflict, `segment '${key}' does not stand at revision ${wanted}`, {
    remedy: 'Read it again, repeat the edit on what stands there now.',
    details: { revision: standing },
  });
}
