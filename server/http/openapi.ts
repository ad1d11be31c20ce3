import { z } from 'zod';
import { Condition } from '../../flags/document/condition';
import { DecisionRecord } from '../../flags/document/decision-record';
import { Rule } from '../../flags/document/flag';
import { RolloutBlock } from '../../flags/document/rollout-block';
import { Segment } from '../../flags/document/segment';
import { RolloutPlan } from '../../flags/plan/plan';
import { FlagInput, FlagView } from '../../flags/edit/flag-input';
import { StatusView } from '../rollouts/rollout-views';
import { Problem } from './problem';
import type { AnyRoute } from './route';

type JsonObject = Record<string, unknown>;

/** Schemas that several routes share, by the name they have in the document. */
const SHARED: Readonly<Record<string, z.ZodType>> = {
  Condition,
  DecisionRecord,
  FlagInput,
  FlagView,
  Problem,
  RolloutBlock,
  RolloutPlan,
  RolloutStatus: StatusView,
  Rule,
  Segment,
};

const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request does not fit its schema.',
  401: 'No valid token.',
  403: 'The token may not do this.',
  404: 'It does not exist.',
  409: 'What stands there is in the way.',
  422: 'Well-formed, and can never be taken as it is.',
  503: 'The database or Temporal does not answer; see Retry-After.',
};

/** The OpenAPI 3.1 document of the routes, made from the schemas that validate them. */
export function openApiDocument(routes: readonly AnyRoute[], version: string): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SHARED)) registry.add(schema, { id });
  const convert: Convert = (schema, io) => z.toJSONSchema(schema, { io, metadata: registry, unrepresentable: 'any' });
  const shared = convert(z.union(Object.values(SHARED) as [z.ZodType, ...z.ZodType[]]), 'input')['$defs'] as JsonObject;
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, convert);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Headgate', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'hg_<id>_<secret>' } },
      schemas: Object.fromEntries(Object.keys(SHARED).map((id) => [id, pointToComponents(shared[id])])),
    },
  };
}

type Convert = (schema: z.ZodType, io: 'input' | 'output') => JsonObject;

function operation(route: AnyRoute, convert: Convert): JsonObject {
  const json = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => ({
    'application/json': { schema: pointToComponents(convert(schema, io)) },
  });
  const answers = Object.entries(route.answers).map(([status, { description, schema }]) => [
    status,
    { description, ...(schema === undefined ? {} : { content: json(schema, 'output') }) },
  ]);
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const refusals = Object.entries(REFUSALS).map(([status, description]) => [status, { description, content: problem }]);
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    description: `Needs the role \`${route.role}\`.`,
    parameters: [
      ...parametersOf(convert(route.params, 'input'), 'path'),
      ...parametersOf(convert(route.query, 'input'), 'query'),
    ],
    ...(route.body instanceof z.ZodUnknown
      ? {}
      : { requestBody: { required: true, content: json(route.body, 'input') } }),
    responses: Object.fromEntries([...answers, ...refusals]),
  };
}

function parametersOf(schema: JsonObject, place: 'path' | 'query'): JsonObject[] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonObject>;
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

/**
 * References to shared schemas point into the document's components; any other recursion is a free JSON value and says
 * nothing.
 */
function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _schema, $defs: _defs, id, ...members } = value as JsonObject;
  const reference = members['$ref'];
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) ?? '';
    return name in SHARED ? { $ref: `#/components/schemas/${name}` } : {};
  }
  // `id` is the registry's name for a schema, unless it is a property of that name.
  const rest = typeof id === 'object' ? { ...members, id } : members;
  return Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, pointToComponents(member)]));
}
