'use strict';

/**
 * Which room may import which: the table of docs/architecture.md, enforced. Type-only imports are free, since
 * `tsPreCompilationDeps: false` leaves them out of the graph.
 */
const rooms = {
  core: [],
  flags: ['core'],
  ml: ['core'],
  changes: ['core'],
  metrics: ['core', 'ml'],
  analysis: ['core', 'ml', 'metrics'],
  store: ['core', 'flags', 'metrics'],
  workflows: ['core'],
  activities: ['core', 'flags', 'ml', 'changes', 'metrics', 'analysis', 'store'],
  workers: ['core', 'workflows', 'activities', 'store', 'metrics'],
  server: [
    'core',
    'flags',
    'store',
    'metrics',
    'workflows/experiment/messages',
    'workflows/group/messages',
    'workflows/group/state',
    'workflows/rollout/messages',
    'workflows/training/messages',
    'workflows/scheduled/messages',
    'workflows/search-attributes',
  ],
  gateway: ['core', 'flags', 'ml', 'store'],
  sdk: ['core', 'flags/evaluator'],
  // Of the workflows it knows the words of a status alone.
  cli: ['core', 'flags', 'metrics', 'ml', 'analysis', 'changes', 'stack', 'workflows/rollout/status'],
  // A database is probed the moment it is started, with the probe that servers and workers use.
  stack: ['core', 'store/database-probe'],
};

const names = [...Object.keys(rooms), 'demo', 'bench', 'test', 'console'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-only-its-row`,
      severity: 'error',
      from: { path: `^${room}/` },
      to: {
        path: `^(${names.join('|')})/`,
        pathNot: [`^${room}/`, ...allowed.map((target) => `^${target}(/|\\.ts$)`)],
      },
    })),
    {
      name: 'pure-rooms-do-no-io',
      severity: 'error',
      from: { path: '^(flags|ml|analysis)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'sdk-stays-small',
      comment: 'The provider carries no Temporal, no MongoDB and no zod.',
      severity: 'error',
      from: { path: '^(sdk|flags/evaluator)/' },
      to: { path: 'node_modules/(@temporalio|mongodb|zod)/' },
    },
    {
      name: 'workflow-bundle-stays-small',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: 'node_modules/(zod|mongodb|fastify|pino)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types'] },
  },
};
