import { restoreTimers, type TimerState } from '../../../activities/restore-timers';
import type { ScheduledChange, ScheduledOutcome, ScheduledStatus } from '../../../store/scheduled-changes-repository';

const ASKED_AT = '2030-01-01T00:00:00.000Z';
const NOW_MS = Date.parse('2030-01-02T00:00:00.000Z');

function givenChange(id: string, change: Partial<ScheduledChange> = {}): ScheduledChange {
  return {
    _id: id,
    environment: 'production',
    flagKey: 'sale',
    change: { kind: 'switch', enabled: false },
    reason: 'a test',
    dueAt: '2030-02-01T00:00:00.000Z',
    expiresAfterMs: 86_400_000,
    askedBy: { tokenId: 't', actor: { kind: 'token', name: 'alice', verified: true } },
    askedAt: ASKED_AT,
    status: 'scheduled',
    isTimed: true,
    outcome: null,
    ...change,
  };
}

/** Changes and their workflows, in memory. */
class Timers {
  readonly workflows = new Map<string, TimerState>();
  readonly changes: Map<string, ScheduledChange>;

  /** Changes whose workflow was asked for by itself. */
  readonly asked: string[] = [];

  constructor(...changes: ScheduledChange[]) {
    this.changes = new Map(changes.map((change) => [change._id, change]));
  }

  restore(): Promise<number> {
    return restoreTimers(
      {
        scheduledChanges: {
          untimed: async () =>
            [...this.changes.values()].filter(({ isTimed, status }) => !isTimed && status === 'scheduled'),
          timed: async () =>
            [...this.changes.values()].filter(
              ({ isTimed, status }) => isTimed && (status === 'scheduled' || status === 'making'),
            ),
          markTimed: async (id) => this.set(id, { isTimed: true }),
          end: async (id, from, status, outcome) => {
            if (this.changes.get(id)?.status === from) this.set(id, { status, outcome });
            return this.changes.get(id) ?? null;
          },
        },
        startTimer: async ({ _id }) => void this.workflows.set(_id, 'running'),
        timerState: async ({ _id }) => {
          this.asked.push(_id);
          return this.workflows.get(_id) ?? 'missing';
        },
        listTimers: async () => {
          const listed = [...this.workflows].flatMap(([id, state]) => (state === 'running' ? [id] : []));
          return ({ _id }) => listed.includes(_id);
        },
        clock: { nowMs: () => NOW_MS },
      },
      '2030-01-01T12:00:00.000Z',
    );
  }

  shown(id: string): { status: ScheduledStatus | undefined; outcome: ScheduledOutcome | null | undefined } {
    const change = this.changes.get(id);
    return { status: change?.status, outcome: change?.outcome };
  }

  private set(id: string, change: Partial<ScheduledChange>): void {
    const standing = this.changes.get(id);
    if (standing !== undefined) this.changes.set(id, { ...standing, ...change });
  }
}

describe('restoreTimers', () => {
  it('starts what a server died over, what Temporal has lost, and nothing twice', async () => {
    const timers = new Timers(
      givenChange('untimed', { isTimed: false }),
      givenChange('lost'),
      givenChange('lost-while-making', { status: 'making' }),
      givenChange('well'),
      givenChange('made', { status: 'made' }),
    );
    timers.workflows.set('well', 'running');
    expect(await timers.restore()).toBe(3);
    expect(await timers.restore()).toBe(0);
    expect([...timers.workflows.keys()].sort()).toEqual(['lost', 'lost-while-making', 'untimed', 'well']);
    expect(timers.changes.get('untimed')?.isTimed).toBe(true);
  });

  it('ends a change whose workflow a person has ended, and starts it no more', async () => {
    const timers = new Timers(givenChange('waiting'), givenChange('half', { status: 'making' }));
    timers.workflows.set('waiting', 'ended').set('half', 'ended');
    expect(await timers.restore()).toBe(0);
    expect(timers.shown('waiting')).toEqual({
      status: 'cancelled',
      outcome: { at: new Date(NOW_MS).toISOString(), text: 'its workflow was ended from outside in Temporal' },
    });
    expect(timers.shown('half').status).toBe('refused');
    expect(timers.shown('half').outcome?.text).toContain("the flag's history tells");
  });
});
