import { ErrorCode, HeadgateError } from '../../core/errors';
import type { RouteTable } from '../http/route';
import { NoBody, Nothing } from './parameters';

/** `GET /metrics` with a viewer's token, for who cannot reach the port that Prometheus scrapes. */
export function addMetricsRoutes(
  routes: RouteTable,
  exposition: { readonly contentType: string; metrics(): Promise<string> },
): void {
  routes.add({
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'operations',
    summary: "The server's metrics in Prometheus' text format, live rollouts among them",
    role: 'viewer',
    quiet: true,
    params: Nothing,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'Metrics as text.' } },
    async handle({ caller, reply }) {
      if (caller.environment !== null) {
        throw new HeadgateError(ErrorCode.PermissionDenied, 'metrics tell of all environments; this token has one', {
          remedy: 'Use a viewer token that is good for all environments.',
        });
      }
      const text = await exposition.metrics();
      return reply.type(exposition.contentType).send(text);
    },
  });
}
