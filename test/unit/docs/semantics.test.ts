import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { admit } from '../../../workflows/rollout/admit';
import type { MessageArguments, MessageName } from '../../../workflows/rollout/messages';
import { initialState, type RolloutState } from '../../../workflows/rollout/state';
import { RolloutPhase } from '../../../workflows/rollout/status';
import { ExperimentMessage } from '../../../workflows/experiment/messages';
import { refusalOf } from '../../../workflows/experiment/receive';
import { givenRunning } from '../../support/experiment-builders';
import { givenPlan } from '../../support/flag-builders';

const page = readFileSync(join(__dirname, '../../../docs/semantics.md'), 'utf8');
const plan = givenPlan({ steps: [{ weight: 50, bakeMs: 60_000, approval: true }] });
const served = { ...initialState(plan), step: 0, weight: 10, excludedSegments: ['eu'] };
const states: readonly RolloutState[] = [
  { ...initialState(plan), excludedSegments: ['eu'] },
  { ...served, phase: 'progressing' },
  { ...served, phase: 'paused' },
  { ...served, phase: 'narrowed' },
];

/** The rows of the page's table, with what each means as a message. */
const messages: Readonly<Record<string, readonly [MessageName, MessageArguments]>> = {
  '`pause`': ['pause', {}],
  '`resume`': ['resume', {}],
  '`promote`': ['promote', {}],
  '`promote` with `full`': ['promote', { full: true }],
  '`promote` with `force` and a reason': ['promote', { force: true, reason: 'because' }],
  '`setWeight`, lower or equal': ['setWeight', { weight: 10 }],
  '`setWeight`, higher': ['setWeight', { weight: 30 }],
  '`approve`, while a step asks for it': ['approve', {}],
  '`exclude`': ['exclude', { segment: 'us' }],
  '`readmit`, of an excluded segment': ['readmit', { segment: 'eu' }],
  '`abort`': ['abort', {}],
  '`supersede`': ['supersede', {}],
};

/** Rows of yes and no under a heading of the page. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.slice(2, 6).length === 4 && cells.slice(2, 6).every((cell) => /^(yes|no)$/.test(cell)));
}
const rows = rowsUnder('Messages');

describe('docs/semantics.md', () => {
  it('has a row for every message', () => {
    expect(rows.map(([, message]) => message)).toEqual(Object.keys(messages));
  });

  it.each(rows.map((cells) => [cells[1] ?? '', cells.slice(2, 6)] as const))(
    'says of %s what the code does',
    (row, cells) => {
      const [name, args] = messages[row] ?? (['pause', {}] as const);
      expect(states.map((state) => (admit(state, plan, name, args).admitted ? 'yes' : 'no'))).toEqual(cells);
    },
  );

  it('says of each message to an experiment what the code does', () => {
    const { state } = givenRunning();
    const paused = (cause: 'operator' | 'conflicting_edit') => ({
      ...state,
      phase: 'paused' as const,
      pause: { cause, text: '' },
    });
    const columns = [{ ...state, phase: 'assessing' as const }, state, paused('operator'), paused('conflicting_edit')];
    const table = Object.values(ExperimentMessage).map((name) => [
      `\`${name}\``,
      ...columns.map((one) => (refusalOf(one, name) === null ? 'yes' : 'no')),
    ]);
    expect(rowsUnder('Experiments').map((cells) => cells.slice(1, 6))).toEqual(table);
  });

  it('explains every state', () => {
    expect(Object.values(RolloutPhase).filter((phase) => !page.includes(`\`${phase}\``))).toEqual([]);
  });
});
