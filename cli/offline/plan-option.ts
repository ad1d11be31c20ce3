import { parsePlan } from '../../flags/plan/parse-plan';
import type { RolloutPlan } from '../../flags/plan/plan';
import { readNamedFile } from '../read-file';
import type { Session } from '../session';

/**
 * The plan that an option `--plan` names; undefined when the option is left out.
 *
 * @param environment - of a plan that names none
 * @throws {HeadgateError} INVALID_ARGUMENT when it cannot be read, INVALID_PLAN with line and field of what is wrong
 */
export async function readPlanOption(
  session: Session,
  path: string | undefined,
  environment: string,
): Promise<RolloutPlan | undefined> {
  if (path === undefined) return undefined;
  return parsePlan(await readNamedFile(session.io, path), { environment }).plan;
}
