/** Names of the collections, in one place. */
export const Collection = {
  Flags: 'flags',
  Segments: 'segments',
  Decisions: 'decisions',
  Leases: 'leases',
  Rollouts: 'rollouts',
  Tokens: 'tokens',
  AnalysisStates: 'analysis_states',
  MetricWindows: 'metric_windows',
  RolloutWindows: 'rollout_windows',
  IngestGroups: 'ingest_groups',
  Deployments: 'deployments',
  Features: 'features',
  Models: 'models',
  ModelChampions: 'model_champions',
  Migrations: 'migrations',
  Clock: 'clock',
} as const;
