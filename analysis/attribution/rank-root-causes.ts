import { affectedIntervals, nodeExcess, shareExplained, type NodeExcess } from './node-excess';
import type { RankedCause, ServiceGraph } from './service-graph';

/** Longest chain of calls followed; also ends circles. */
const MAX_DEPTH = 24;
/** Shares below this are not followed further. */
const MIN_SHARE = 1e-4;
/** What is left of a share that goes to a node whose trouble began after its caller's. */
const LATE_FACTOR = 0.5;

/**
 * Ranks the nodes of a service graph as root causes of what one of them shows. All of the target's excess is followed
 * down the calls: each service passes on to those it calls as much as their own excess (harm per request × requests)
 * can explain, and keeps the rest. What a node keeps is its score, so the deepest node with an excess of its own
 * explains its callers, and a large deviation that carries little harm, or that was there before, explains nothing.
 * O(nodes × intervals + chains followed).
 *
 * Assumes that callers wait for those they call, or fail with them, and that a node's harm and requests are all measured.
 *
 * @param target - the node whose trouble is to be explained
 * @returns every node, likeliest first; those that explain nothing follow by what moved at another time, and those that
 *   the target cannot reach come last
 * @throws {RangeError} when the target is not in the graph
 */
export function rankRootCauses(graph: ServiceGraph, target: string): RankedCause[] {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const start = byName.get(target);
  if (start === undefined) throw new RangeError(`there is no node '${target}'`);
  const affected = affectedIntervals(start);
  const excesses = new Map(graph.nodes.map((node) => [node.name, nodeExcess(node, affected)]));
  const kept = followDown(graph.calls, excesses, target);
  const reached = reachableFrom(graph.calls, target);
  const onset = affected.indexOf(true);
  return graph.nodes
    .map((node): RankedCause & { isReached: boolean; moved: number } => {
      const { name } = node;
      const { excess, deviation, onset: own } = excesses.get(name) as NodeExcess;
      const onsetLag = own === null || onset < 0 ? null : own - onset;
      // Trouble of its own at other times than the target's is the next best thing to look at.
      const moved = nodeExcess(node, affectedIntervals(node)).excess;
      const score = kept.get(name) ?? 0;
      return { node: name, score, excess, deviation, onsetLag, isReached: reached.has(name), moved };
    })
    .sort(
      (a, b) =>
        b.score - a.score ||
        Number(b.isReached) - Number(a.isReached) ||
        b.moved - a.moved ||
        b.deviation - a.deviation ||
        (a.node < b.node ? -1 : 1),
    )
    .map(({ isReached: _isReached, moved: _moved, ...cause }) => cause);
}

/** Shares of the target's excess by the node where they end. */
function followDown(
  calls: ServiceGraph['calls'],
  excesses: ReadonlyMap<string, NodeExcess>,
  target: string,
): Map<string, number> {
  const kept = new Map<string, number>();
  let wave = new Map([[target, 1]]);
  for (let depth = 0; depth < MAX_DEPTH && wave.size > 0; depth++) {
    const next = new Map<string, number>();
    for (const [name, share] of wave) {
      const passed = depth === MAX_DEPTH - 1 || share < MIN_SHARE ? [] : sharesBelow(calls, excesses, name);
      const total = passed.reduce((sum, { weight }) => sum + weight, 0);
      for (const { callee, weight } of passed) {
        next.set(callee, (next.get(callee) ?? 0) + (share * weight) / Math.max(1, total));
      }
      if (total < 1) kept.set(name, (kept.get(name) ?? 0) + share * (1 - total));
    }
    wave = next;
  }
  return kept;
}

/** How much of a node's excess each service below it can explain, 0 to 1 each. */
function sharesBelow(
  calls: ServiceGraph['calls'],
  excesses: ReadonlyMap<string, NodeExcess>,
  name: string,
): { callee: string; weight: number }[] {
  const own = excesses.get(name) as NodeExcess;
  return measuredBelow(calls, excesses, name).flatMap((callee) => {
    const below = excesses.get(callee) as NodeExcess;
    // A dependency that was never called before is the caller's change, whatever it answers.
    if (below.isNew || below.excess <= 0) return [];
    // Later only where the callee was measured when the caller's trouble began, and showed nothing.
    const isLate =
      own.onset !== null &&
      below.onset !== null &&
      below.onset > own.onset &&
      Number.isFinite(below.byInterval[own.onset]);
    return [{ callee, weight: shareExplained(own, below) * (isLate ? LATE_FACTOR : 1) }];
  });
}

/** The services that a node calls; in place of one that is not measured, those that it calls. */
function measuredBelow(
  calls: ServiceGraph['calls'],
  excesses: ReadonlyMap<string, NodeExcess>,
  name: string,
): string[] {
  const seen = new Set([name]);
  const measured: string[] = [];
  const pending = [...(calls.get(name) ?? [])];
  for (let callee = pending.pop(); callee !== undefined; callee = pending.pop()) {
    if (seen.has(callee)) continue;
    seen.add(callee);
    if (excesses.get(callee)?.isMeasured === true) measured.push(callee);
    else pending.push(...(calls.get(callee) ?? []));
  }
  return measured;
}

function reachableFrom(calls: ServiceGraph['calls'], start: string): Set<string> {
  const reached = new Set([start]);
  for (const name of reached) for (const callee of calls.get(name) ?? []) reached.add(callee);
  return reached;
}
