import { analyse } from '../../analysis/analyse';
import type { AnalysisState } from '../../analysis/types';
import { givenSegmentedWindows, type SegmentDoes } from '../../test/support/segment-strata';
import { givenContext, givenPlan } from '../../test/support/stratum-builders';

const SEGMENTS = Array.from({ length: 20 }, (_, index) => `s${index}`);
const WINDOWS = 60;
const LOOK_EVERY = 2;

/** What the judge excluded in one simulated rollout, and when it excluded the first that was harmed. */
export interface Exclusions {
  readonly wrong: number;
  readonly right: number;
  readonly firstWindow: number | null;
}

/**
 * One rollout of twenty segments, looked at every other window; the first `harmed` of them are, the others stand at the
 * margin or are as good as control.
 */
export function simulateExclusions(seed: number, harmed: number, rest: SegmentDoes, broken: SegmentDoes): Exclusions {
  const does = Object.fromEntries(SEGMENTS.map((name, index) => [name, index < harmed ? broken : rest]));
  const strata = givenSegmentedWindows(WINDOWS, does, { seed });
  const per = (SEGMENTS.length + 1) * LOOK_EVERY;
  let state: AnalysisState | null = null;
  const excluded = new Set<string>();
  let firstWindow: number | null = null;
  for (let from = 0; from < strata.length; from += per) {
    const fresh = strata.slice(from, from + per).filter(({ segment }) => !excluded.has(segment));
    const nowMs = (fresh.at(-1)?.windowStartAt ?? 0) + 15_000;
    const context = givenContext({ excludedSegments: [...excluded] });
    // The rollback of everybody is set aside: this is about segments.
    const plan = givenPlan({ segments: SEGMENTS, falseRollbackRate: 1e-250 });
    const result = analyse({ plan, context, strata: fresh, state, sourceDown: false, nowMs });
    state = result.state;
    for (const segment of result.analysis.exclude) excluded.add(segment);
    if (excluded.size > 0) firstWindow ??= (from / per + 1) * LOOK_EVERY;
  }
  const right = [...excluded].filter((segment) => SEGMENTS.indexOf(segment) < harmed).length;
  return { right, wrong: excluded.size - right, firstWindow };
}

function main(): void {
  const rollouts = Number(process.env['ROLLOUTS'] ?? 60);
  const requests = 150;
  const good: SegmentDoes = { requests, control: 0.03, candidate: 0.03 };
  const atMargin: SegmentDoes = { requests, control: 0.03, candidate: 0.05 };
  const broken: SegmentDoes = { requests, control: 0.03, candidate: 0.15 };
  const cases = [
    ['none harmed, all at the margin', 0, atMargin],
    ['none harmed, all as good as control', 0, good],
    ['two harmed ×5, the rest at the margin', 2, atMargin],
    ['two harmed ×5, the rest as good', 2, good],
  ] as const;
  console.log(
    `| ${SEGMENTS.length} segments, ${WINDOWS} windows | rollouts with a false exclusion | mean share of false ones | harmed found | first after |`,
  );
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, harmed, rest] of cases) {
    const runs = Array.from({ length: rollouts }, (_, index) => simulateExclusions(9000 + index, harmed, rest, broken));
    const any = runs.filter(({ wrong }) => wrong > 0).length;
    const share = runs.reduce((sum, { wrong, right }) => sum + wrong / Math.max(1, wrong + right), 0) / rollouts;
    const found = harmed === 0 ? '–' : `${runs.reduce((sum, { right }) => sum + right, 0)} of ${harmed * rollouts}`;
    const firsts = runs.flatMap(({ firstWindow }) => firstWindow ?? []).sort((a, b) => a - b);
    const first = firsts[Math.floor(firsts.length / 2)];
    console.log(
      `| ${name} | ${any} of ${rollouts} | ${(100 * share).toFixed(1)} % | ${found} | ${first === undefined ? '–' : `${first} windows`} |`,
    );
  }
}

if (require.main === module) main();
