import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { Role } from '../tokens/role';

/** How long a ticket opens streams: a browser's EventSource connects again and again with the same address. */
const LIFE_MS = 12 * 3_600_000;

const Ticket = z.strictObject({ environment: z.string(), role: Role, tokenId: z.string(), endsAtMs: z.number() });

/** What a ticket stands for. */
export type Ticket = z.infer<typeof Ticket>;

/**
 * Makes an address of a stream usable by clients that can send no headers (a browser's EventSource): a signed statement
 * of who may follow what, for half a day. It opens nothing but the stream, which tells only that something has changed.
 */
export function issueTicket(key: string, holder: Omit<Ticket, 'endsAtMs'>, nowMs: number): string {
  // Rounded, so that tickets issued within the hour are the same and answers that carry them can be compared.
  const endsAtMs = Math.ceil(nowMs / 3_600_000) * 3_600_000 + LIFE_MS;
  const payload = Buffer.from(JSON.stringify({ ...holder, endsAtMs })).toString('base64url');
  return `${payload}.${sign(key, payload)}`;
}

/** The ticket, or null when it was not issued with this key or its time is over. */
export function readTicket(key: string, text: string, nowMs: number): Ticket | null {
  const [payload = '', signature = ''] = text.split('.', 2);
  const wanted = Buffer.from(sign(key, payload));
  const given = Buffer.from(signature);
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return null;
  const ticket = Ticket.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  return ticket.success && ticket.data.endsAtMs > nowMs ? ticket.data : null;
}

function sign(key: string, payload: string): string {
  return createHmac('sha256', key).update(`stream-ticket:${payload}`).digest('base64url');
}
