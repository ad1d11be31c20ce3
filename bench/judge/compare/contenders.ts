import { BACKTEST_PLAN } from '../../../cli/offline/backtest-plan';
import { judgeTrace, type TracePlan } from '../../../cli/offline/judge-trace';
import { parsePlan } from '../../../flags/plan/parse-plan';
import { toRecordedTrace } from '../../../metrics/recorded/recorded-strata';
import { minutesOf } from '../peers/minutes';
import { firstAt, PEERS } from '../peers/peers';
import { toRows } from '../traces/trace';
import type { Contender } from './outcome';

/** Headgate's judge, as `headgate backtest` runs it without a plan of one's own. */
export function headgate(profile: 'fast' | 'safe' | 'auto', falseRollbackRate = 0.01): Contender {
  const { plan } = parsePlan(BACKTEST_PLAN, { environment: 'bench' });
  const judged: TracePlan = { ...plan, ...{ profile }, falseRollbackRate };
  const thresholds = plan.metrics.flatMap(({ threshold }) => threshold ?? []);
  return {
    name: `Headgate, ${profile}`,
    setting: `promised ${100 * falseRollbackRate} %`,
    decide(trace) {
      const decision = judgeTrace(judged, toRecordedTrace(toRows(trace), thresholds));
      return { rollback: decision.rollback_minute, promote: decision.promote_minute, narrow: decision.narrow_minute };
    },
  };
}

/** The judges of the field at their stock settings. */
export function peers(): Contender[] {
  return PEERS.map(({ name, score, threshold, setting }) => ({
    name,
    setting,
    decide: (trace) => ({ rollback: firstAt(score(minutesOf(trace)), threshold), promote: null, narrow: null }),
  }));
}
