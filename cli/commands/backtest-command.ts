import { Option, type Command } from 'commander';
import { parsePlan } from '../../flags/plan/parse-plan';
import { BACKTEST_PLAN } from '../offline/backtest-plan';
import type { TracePlan } from '../offline/judge-trace';
import { readPlanOption } from '../offline/plan-option';
import { runBacktest, type BacktestSummary } from '../offline/run-backtest';
import { backtestLines } from '../render/backtest-lines';
import type { Session } from '../session';
import { does, type CommandContext } from './command';

interface BacktestOptions {
  readonly plan?: string;
  readonly profile?: 'fast' | 'safe' | 'auto';
  readonly data: string;
  readonly out: string;
}

/** `headgate backtest`. */
export function addBacktestCommand(program: Command, context: CommandContext): void {
  does<BacktestOptions>(
    program
      .command('backtest')
      .description('judge recorded rollouts minute by minute, as they would have been judged live')
      .requiredOption('--data <path>', 'recording: .jsonl or .csv, plain or gzip, a folder of such, or -')
      .option('--out <file>', 'where the decisions go, one JSON object a line; - is standard output', '-')
      .option('--plan <file>', 'plan whose metrics name the columns; a plan for the usual columns when left out')
      .addOption(
        new Option('--profile <profile>', 'judge by this profile instead of the plan’s').choices([
          'fast',
          'safe',
          'auto',
        ]),
      ),
    context,
    async (session, { plan: path, profile, data, out }) => {
      const environment = session.options.env ?? 'recorded';
      const plan = (await readPlanOption(session, path, environment)) ?? parsePlan(BACKTEST_PLAN, { environment }).plan;
      const judged: TracePlan = { ...plan, ...(profile === undefined ? {} : { profile }) };
      const isDefaultPlan = path === undefined;
      tell(session, await runBacktest(session.io, { plan: judged, isDefaultPlan, data, out }), isDefaultPlan, out);
    },
  );
}

/** The summary, beside the decisions when these go to standard output. */
function tell(session: Session, summary: BacktestSummary, isDefaultPlan: boolean, out: string): void {
  const lines = backtestLines(summary, isDefaultPlan);
  if (out === '-') for (const line of lines) session.note(line);
  else session.answer(summary, () => lines);
}
