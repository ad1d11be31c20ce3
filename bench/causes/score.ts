import { rankRootCauses } from '../../analysis/attribution/rank-root-causes';
import { rankByLargestZ } from './largest-z';
import type { PetshopIssue } from './petshop';

/** How often the true root stood first, and among the first three. */
export interface Score {
  readonly issues: number;
  readonly top1: number;
  readonly top3: number;
}

/** Ways to rank the nodes of an issue. */
export const RANKINGS: Readonly<Record<string, (issue: PetshopIssue) => string[]>> = {
  headgate: ({ graph, target }) => rankRootCauses(graph, target).map(({ node }) => node),
  'largest z, for the worse': ({ graph }) => rankByLargestZ(graph.nodes, 'harmful'),
  'largest |z|': ({ graph }) => rankByLargestZ(graph.nodes, 'either'),
  'largest z, the target aside': ({ graph, target }) =>
    rankByLargestZ(graph.nodes, 'harmful').filter((node) => node !== target),
};

/** Scores one way to rank over issues. */
export function scoreOf(issues: readonly PetshopIssue[], rank: (issue: PetshopIssue) => string[]): Score {
  const positions = issues.map((issue) => rank(issue).indexOf(issue.rootCause));
  const within = (count: number): number =>
    positions.filter((position) => position >= 0 && position < count).length / Math.max(1, issues.length);
  return { issues: issues.length, top1: within(1), top3: within(3) };
}
