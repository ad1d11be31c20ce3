/**
 * One measured series of a service during normal times and during the trouble, evenly spaced, oldest first; NaN where
 * missing.
 */
export interface ServiceSeries {
  readonly normal: readonly number[];
  readonly window: readonly number[];
}

/** A service or other node of the dependency graph. */
export interface ServiceNode {
  readonly name: string;
  /** Seconds, share of failures, or another amount for each request, of which more is worse. */
  readonly harm: ServiceSeries;
  /** Requests in each interval. Without them every node counts as equally busy. */
  readonly requests?: ServiceSeries;
}

/** Who calls whom, with what was measured. */
export interface ServiceGraph {
  readonly nodes: readonly ServiceNode[];
  /** Names of the services that a service calls. */
  readonly calls: ReadonlyMap<string, readonly string[]>;
}

/** One node as a possible root cause of what the target shows. */
export interface RankedCause {
  readonly node: string;
  /** 0 to 1: the share of the target's excess that ends at this node, because nothing the node calls explains it. */
  readonly score: number;
  /**
   * Total harm above the reference in the affected intervals, such as seconds of waiting or failed requests; 0 within
   * noise.
   */
  readonly excess: number;
  /** The affected intervals' mean against normal times, in robust standard deviations; only orders nodes of equal score. */
  readonly deviation: number;
  /** Intervals from the target's onset to the node's, negative when the node was first; null without an excess. */
  readonly onsetLag: number | null;
}
