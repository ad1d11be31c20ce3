/** Temporal's CLI: the newest release that `go install` can build, since later ones replace modules by local folders. */
export const TEMPORAL_CLI = {
  version: 'v1.5.1',
  module: 'github.com/temporalio/cli',
  command: 'github.com/temporalio/cli/cmd/temporal',
  /** What go.sum and the checksum database know this version by. */
  moduleSum: 'h1:0RZMk14BWxz44Xg6ciDQvpfAMffoG3J7/K03ql80teY=',
  /** Worker versioning and update-with-start need at least this server. */
  oldestServer: [1, 29],
} as const;

/** The real database, as downloaded. */
export const MONGOD = { version: '8.2.6', oldestMajor: 6 } as const;

/** The stand-in's server library; its jars are pinned in `mongo-standin/jars.sha256`. */
export const MONGO_STANDIN = { version: '1.47.0', oldestJava: 17 } as const;

/** Part of a cache key: programs of one platform are of no use on another. */
export const PLATFORM = `${process.platform}-${process.arch}`;
