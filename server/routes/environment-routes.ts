import { z } from 'zod';
import type { ServerContext } from '../context';
import type { RouteTable } from '../http/route';
import { NoBody, Nothing } from './parameters';

/** Environments: which there are. One begins with its first flag. */
export function addEnvironmentRoutes(routes: RouteTable, { flags }: ServerContext): void {
  routes.add({
    method: 'GET',
    path: '/v1/environments',
    id: 'listEnvironments',
    tag: 'environments',
    summary: 'Names of the environments that hold flags; of a token that is good for one environment, that one',
    role: 'viewer',
    params: Nothing,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The names, sorted.', schema: z.array(z.string()) } },
    async handle({ caller }) {
      return caller.environment === null ? (await flags.environments()).sort() : [caller.environment];
    },
  });
}
