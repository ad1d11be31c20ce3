import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { SegmentKey } from '../../flags/document/identifiers';
import { MessageName } from '../../workflows/rollout/messages';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { locateRollout } from '../rollouts/rollout-directory';
import { MessageView, QueuedView } from '../rollouts/rollout-views';
import { sendMessage } from '../rollouts/send-message';
import { Nothing, ReasonText, RolloutPath } from './parameters';
import { noSegment } from './segment-routes';

/** Messages that people send; `supersede` is sent by a start with `replace` alone. */
const Sendable = z.enum(['pause', 'resume', 'promote', 'abort', 'setWeight', 'approve', 'exclude', 'readmit']);
const MessagePath = RolloutPath.extend({ name: Sendable });
const MessageBody = z.strictObject({
  /** Chosen by the sender, so that a repetition counts once; made here when omitted. */
  id: z
    .string()
    .min(8)
    .max(100)
    .regex(/^[A-Za-z0-9._:-]+$/)
    .optional(),
  reason: ReasonText,
  /** `setWeight`: percent. */
  weight: z.number().min(0).max(100).optional(),
  /** `exclude`, `readmit`: segment key. */
  segment: SegmentKey.optional(),
  /** `promote`: complete now. */
  full: z.boolean().optional(),
  /** `promote`: set the judge's findings so far aside. */
  force: z.boolean().optional(),
});
const MESSAGES: Readonly<Record<z.infer<typeof Sendable>, MessageName>> = {
  pause: MessageName.Pause,
  resume: MessageName.Resume,
  promote: MessageName.Promote,
  abort: MessageName.Abort,
  setWeight: MessageName.SetWeight,
  approve: MessageName.Approve,
  exclude: MessageName.Exclude,
  readmit: MessageName.Readmit,
};

/** Messages to live rollouts. */
export function addMessageRoutes(routes: RouteTable, context: ServerContext): void {
  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/rollouts/:id/messages/:name',
    id: 'sendMessage',
    tag: 'rollouts',
    summary: 'Sends a message to a live rollout, signed with its sender. 202 when no worker answers and it is queued',
    role: 'operator',
    params: MessagePath,
    query: Nothing,
    body: MessageBody,
    answers: {
      200: { description: 'What it came to.', schema: MessageView },
      202: { description: 'Left for when a worker is back; its id makes it count once.', schema: QueuedView },
    },
    async handle({ params, body, caller, reply, log }) {
      const rollout = await locateRollout(context, params.env, params.id);
      if (params.name === 'exclude') await requireSegment(context, params.env, body.segment);
      const message = { ...body, id: body.id ?? randomUUID() };
      const name = MESSAGES[params.name];
      const answer = await sendMessage(context.workflows, context.signingKey, rollout, name, message, caller);
      const queued = 'queued' in answer;
      const transition = queued ? undefined : answer.transition;
      log.info(
        { rolloutId: rollout.rolloutId, transition, message: name, messageId: message.id, queued },
        'message sent',
      );
      context.snapshots.invalidate(params.env);
      if (queued) void reply.code(202);
      return answer;
    },
  });
}

/** A segment that is not there matches nobody, so excluding it by a slip of the pen would protect nobody. */
async function requireSegment({ segments }: ServerContext, env: string, key: string | undefined): Promise<void> {
  if (key !== undefined && (await segments.get(env, key)) === null) throw noSegment({ env, key });
}
