import type { Command } from 'commander';
import { join } from 'node:path';
import type { ObservationsAnswer, TimelineLine } from '../api/answers';
import { chartSeries } from '../explain/chart-series';
import { explain } from '../explain/explanation';
import { htmlPage } from '../explain/html-page';
import { svgChart } from '../explain/svg-chart';
import { writeWhole } from '../offline/line-sink';
import { replayRollout } from '../offline/replay-rollout';
import { answerable } from '../offline/replay-report';
import { explanationLines } from '../render/explanation-lines';
import { does, type CommandContext } from './command';

interface ExplainOptions {
  readonly out: string;
}

/** `headgate explain`. */
export function addExplainCommand(program: Command, context: CommandContext): void {
  does<ExplainOptions>(
    program
      .command('explain <rollout>')
      .description('say why a rollout is where it is, with the numbers, and draw it as SVG and HTML')
      .option('--out <folder>', 'where the picture and the page are written', '.'),
    context,
    async (session, { out }, target = '') => {
      const environment = await session.environment();
      const path = ['environments', environment, 'rollouts', target];
      const recorded = await session.api.get<ObservationsAnswer>([...path, 'observations']);
      const timeline = await session.api.get<TimelineLine[]>([...path.slice(0, 3), recorded.rolloutId, 'timeline']);
      const { plan, gaps } = answerable(recorded, recorded.plan);
      const replay = replayRollout(recorded, plan, { untilRollback: false });
      const explanation = explain(recorded, timeline, replay, gaps);
      const svg = svgChart(chartSeries(replay.looks, plan.metrics), {
        title: explanation.title,
        description: [explanation.outcome, ...explanation.reasons.map(({ text }) => text)].join(' '),
        rollbackAt: 1 / plan.falseRollbackRate,
      });
      const name = join(out, `explain-${recorded.rolloutId.replace(/[^A-Za-z0-9_-]/g, '_')}`);
      const files = [`${name}.svg`, `${name}.html`] as const;
      await writeWhole(session.io, files[0], svg);
      await writeWhole(session.io, files[1], htmlPage(explanation, svg));
      session.answer({ ...explanation, files }, () =>
        explanationLines(explanation, files, session.width, session.style),
      );
    },
  );
}
