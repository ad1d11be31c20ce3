import { addMembers } from './add-members';
import { mulberry32 } from '../../ml/random/mulberry32';
import type { ArmTotals, Stratum } from '../../metrics/windows';
import { FIRST_WINDOW, givenArm } from './stratum-builders';

/** How a segment fares: users' requests in each arm and window at equal weight, and the share that fails in each. */
export interface SegmentDoes {
  readonly requests: number;
  readonly control: number;
  readonly candidate: number;
}

const WINDOW_MS = 5000;

/**
 * Windows of everybody and of each segment, errors drawn at random but repeatably. Everybody is the sum of the
 * segments, which do not overlap.
 */
export function givenSegmentedWindows(
  count: number,
  segments: Readonly<Record<string, SegmentDoes>>,
  {
    seed = 1,
    from = 0,
    transition = 1,
    weight = 50,
  }: { seed?: number; from?: number; transition?: number; weight?: number } = {},
): Stratum[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, index) => {
    const parts = Object.entries(segments).map(([segment, does]) => {
      const arms = { control: drawArm(does.requests, does.control), candidate: drawArm(does.requests, does.candidate) };
      return { ...common(from + index), segment, ...arms };
    });
    const sum = (arm: 'control' | 'candidate'): ArmTotals =>
      parts.map((part) => part[arm]).reduce((a, b) => addArms(a, b));
    return [{ ...common(from + index), segment: '*', control: sum('control'), candidate: sum('candidate') }, ...parts];
  }).flat();

  function common(window: number) {
    return { windowStartAt: FIRST_WINDOW + window * WINDOW_MS, windowMs: WINDOW_MS, transition, weight };
  }

  function drawArm(requests: number, errorRate: number): ArmTotals {
    const arm = givenArm({ requests });
    const request = arm.events['request'];
    if (request === undefined) return arm;
    const errors = request.cells.count.map((units) => {
      let failed = 0;
      for (let unit = 0; unit < units; unit++) failed += random() < errorRate ? 1 : 0;
      return failed;
    });
    const total = errors.reduce((a, b) => a + b, 0);
    return { ...arm, events: { request: { ...request, errors: total, cells: { ...request.cells, errors } } } };
  }
}

function addArms(a: ArmTotals, b: ArmTotals): ArmTotals {
  return addMembers(a, b) as ArmTotals;
}
