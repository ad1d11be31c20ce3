import { z } from 'zod';
import type { Problem } from './problem';

const ServiceName = z
  .string()
  .max(60)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected a name of letters, digits, dots, hyphens and underscores');
const Expression = z.string().min(1).max(2000);

/** One service that a rollout's trouble may come from: whom it calls, and where its harm is measured. */
export const DependencyService = z.strictObject({
  name: ServiceName,
  /** Names of the services that it calls. */
  calls: z.array(ServiceName).max(50).default([]),
  /** Name of a Prometheus that the worker is configured with. */
  source: z
    .string()
    .max(60)
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/)
    .default('default'),
  /** PromQL of the share of requests that fail, 0–1. */
  errors: Expression.optional(),
  /** PromQL of the mean latency, in the unit of the plan's own latency metrics. */
  latency: Expression.optional(),
  /** PromQL of requests in any unit that all services share; without it every service counts as equally busy. */
  requests: Expression.optional(),
});
export type DependencyService = z.infer<typeof DependencyService>;

/** Who calls whom below the service that carries the flag. */
export const Dependencies = z.strictObject({
  /** The service whose windows the rollout's metrics are. */
  service: ServiceName,
  services: z.array(DependencyService).min(1).max(100),
});
export type Dependencies = z.infer<typeof Dependencies>;

/** What is wrong with a graph: names that stand twice or nowhere, the flag's own service missing, circles. */
export function checkDependencies({ service, services }: Dependencies): Problem[] {
  const problems: Problem[] = [];
  const known = new Set(services.map(({ name }) => name));
  if (!known.has(service)) {
    const message = `'${service}' is none of the services; add an entry of that name with the services that it calls`;
    problems.push({ path: ['dependencies', 'service'], message });
  }
  for (const [index, { name, calls }] of services.entries()) {
    const path = ['dependencies', 'services', index];
    if (services.findIndex((other) => other.name === name) < index) {
      problems.push({ path: [...path, 'name'], message: `two services are named '${name}'` });
    }
    for (const [at, callee] of calls.entries()) {
      if (known.has(callee)) continue;
      const message = `'${callee}' is none of the services; add an entry of that name, or leave the call out`;
      problems.push({ path: [...path, 'calls', at], message });
    }
  }
  const circle = circleIn(services);
  if (circle !== null) {
    const message = `${circle.join(' → ')} is a circle, in which no service could be the root; leave one of these calls out`;
    problems.push({ path: ['dependencies', 'services'], message });
  }
  return problems;
}

/** The first circle of calls, from a service back to itself; null without one. O(services + calls). */
function circleIn(services: Dependencies['services']): readonly string[] | null {
  const calls = new Map(services.map((one) => [one.name, one.calls]));
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (name: string): readonly string[] | null => {
    const since = way.indexOf(name);
    if (since >= 0) return [...way.slice(since), name];
    if (done.has(name)) return null;
    way.push(name);
    for (const callee of calls.get(name) ?? []) {
      const circle = visit(callee);
      if (circle !== null) return circle;
    }
    way.pop();
    done.add(name);
    return null;
  };
  for (const { name } of services) {
    const circle = visit(name);
    if (circle !== null) return circle;
  }
  return null;
}
