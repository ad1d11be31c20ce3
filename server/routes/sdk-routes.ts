import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { Flag } from '../../flags/document/flag';
import { Holdout } from '../../flags/document/holdout';
import { Segment } from '../../flags/document/segment';
import { CHANGES_EVENT, CHANGES_OF_LINES, FLAG_LINES, IM_USED } from '../../flags/evaluator/flag-line';
import { EventBatch } from '../../metrics/events';
import type { ServerContext } from '../context';
import type { Caller } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import type { EnvironmentState } from '../streams/change-hub';
import type { Snapshot } from '../snapshot/snapshot-cache';
import type { ChangeStreams } from '../streams/change-streams';
import type { StreamMessage } from '../streams/event-stream';
import { leaseBody, leaseHeader, matchesEtag, remainingLeases, tagIn } from '../snapshot/lease-header';
import { NoBody, Nothing } from './parameters';

const tag = 'sdk';
/** A batch of 2,000 events with long names is about 1 MB. */
const EVENTS_BODY_LIMIT = 4 * 1024 * 1024;
/** More than this is fetched by those who want it: a stream is cut off when a reader leaves 64 kB unread. */
const MOST_STREAMED_BYTES = 16 * 1024;
const EventsAnswer = z.object({ accepted: z.int(), duplicate: z.boolean(), ignored: z.int() });
const SdkFlagView = Flag.omit({ lastChange: true, tags: true, description: true, schemaVersion: true }).extend({
  tags: Flag.shape.tags.optional(),
});
const SnapshotView = z.object({
  environment: z.string(),
  etag: z.string(),
  flags: z.array(z.union([SdkFlagView, z.object({ key: z.string(), revision: z.int(), deleted: z.literal(true) })])),
  segments: z.array(Segment.pick({ key: true, if: true, revision: true })),
  /** Live ones, oldest first; left out where there never was one. */
  holdouts: z
    .object({ revision: z.int(), live: z.array(Holdout.pick({ key: true, weight: true, salt: true, covers: true })) })
    .optional(),
  /** Milliseconds left, by rollout id. */
  leases: z.record(z.string(), z.int()),
  /** Database time. */
  timeMs: z.int(),
});

/** What SDKs call: snapshots and events, both of the token's own environment. */
export function addSdkRoutes(routes: RouteTable, context: ServerContext, streams: ChangeStreams): void {
  routes.add({
    method: 'POST',
    path: '/v1/events',
    id: 'postEvents',
    tag,
    summary: 'Takes a batch of exposures and outcomes; answered once it is durable, counted once whatever is repeated',
    role: 'sdk',
    quiet: true,
    params: Nothing,
    query: Nothing,
    body: EventBatch,
    bodyLimit: EVENTS_BODY_LIMIT,
    answers: { 202: { description: 'It is durable.', schema: EventsAnswer } },
    async handle({ body, caller, reply }) {
      const { accepted, duplicate, ignored } = await context.events.accept(environmentOf(caller), body);
      void reply.code(202);
      return { accepted, duplicate, ignored };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/sdk/snapshot',
    id: 'getSnapshot',
    tag,
    summary: 'Flags, segments and leases; 304 with fresh leases in headers when If-None-Match still fits',
    role: 'sdk',
    quiet: true,
    params: Nothing,
    query: Nothing,
    body: NoBody,
    answers: {
      200: { description: 'The snapshot; to those who accept it, one flag a line.', schema: SnapshotView },
      226: { description: 'What has changed since If-None-Match, one flag a line, to those who ask for it by A-IM.' },
      304: { description: 'Unchanged; headgate-leases and headgate-time are fresh.' },
    },
    async handle({ caller, header, reply }) {
      const snapshot = await context.snapshots.get(environmentOf(caller));
      const timeMs = context.databaseNowMs();
      const remainingMs = remainingLeases(snapshot, timeMs);
      const leases = leaseHeader(remainingMs);
      const isLines = header('accept')?.includes(FLAG_LINES) === true;
      void reply.headers({
        // The same content in another form: equal for a comparison that is weak.
        etag: isLines ? `W/${snapshot.etag}` : snapshot.etag,
        'headgate-time': String(timeMs),
        'cache-control': 'private, no-cache',
        vary: 'accept, a-im',
        ...(leases === null ? {} : { 'headgate-leases': leases }),
      });
      const known = header('if-none-match');
      if (leases !== null && matchesEtag(known, snapshot.etag)) return reply.code(304).send();
      if (isLines) {
        void reply.type(FLAG_LINES);
        const moment = { leases: remainingMs, timeMs };
        const isAskingForChanges = header('a-im')?.includes(CHANGES_OF_LINES) === true;
        const changes = isAskingForChanges && snapshot.texts.changesSince(tagIn(known), moment);
        if (!changes) return reply.send(snapshot.texts.lines(moment));
        return reply.code(IM_USED).header('im', CHANGES_OF_LINES).send(changes);
      }
      const rest = `,"leases":${JSON.stringify(leaseBody(snapshot, remainingMs))},"timeMs":${timeMs}}`;
      return reply.type('application/json; charset=utf-8').send(snapshot.texts.openJson + rest);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/sdk/stream',
    id: 'streamChanges',
    tag,
    summary: 'Tells by Server-Sent Events when the snapshot has changed; Last-Event-ID says what is known',
    role: 'sdk',
    quiet: true,
    params: Nothing,
    query: Nothing,
    body: NoBody,
    answers: {
      200: {
        description:
          'A stream of events whose data is {"etag": …}, or, asked for by A-IM, what has changed, one flag a line.',
      },
    },
    async handle({ caller, header, reply, raw }) {
      const isAskingForChanges = header('a-im')?.includes(CHANGES_OF_LINES) === true;
      const described = (state: EnvironmentState, seen: string | undefined): Omit<StreamMessage, 'id'> => {
        const { snapshot } = state;
        const changes = isAskingForChanges && changesBetween(snapshot, seen, context.databaseNowMs());
        return changes ? { event: CHANGES_EVENT, data: changes } : { data: JSON.stringify({ etag: snapshot.etag }) };
      };
      // What the framework would do with the answer, the stream does from here on.
      reply.hijack();
      if (streams.open(environmentOf(caller), raw, reply.raw, described)) return reply;
      reply.raw.writeHead(503, { 'retry-after': '5' }).end();
      return reply;
    },
  });
}

/**
 * What has changed since a reader was told something, in a size that a stream may carry. Undefined where that is not
 * known, or is nothing but leases, which count from when they were asked for.
 */
function changesBetween(snapshot: Snapshot, seen: string | undefined, timeMs: number): string | undefined {
  // What stands after the dot are leases that have run out.
  const known = `"${(seen ?? '').split('.', 1)[0] ?? ''}"`;
  if (known === snapshot.etag) return undefined;
  const changes = snapshot.texts.changesSince(known, { leases: remainingLeases(snapshot, timeMs), timeMs });
  return changes !== undefined && changes.length <= MOST_STREAMED_BYTES ? changes.toString() : undefined;
}

function environmentOf({ environment }: Caller): string {
  if (environment !== null) return environment;
  throw new HeadgateError(ErrorCode.PermissionDenied, 'the token belongs to no environment', {
    remedy: 'Create an sdk token for one: headgate token create --role sdk --env ENVIRONMENT.',
  });
}
