import fc from 'fast-check';
import type { Deltas } from '../../../../metrics/deltas';
import { EventIngest } from '../../../../server/ingest/event-ingest';
import { createFold } from '../../../../store/fold';
import type { IngestGroup, PendingGroup } from '../../../../store/ingest-groups-repository';
import { givenBatch, givenExposure, OBSERVED, WINDOW_START } from '../../../support/event-builders';
import { MemoryIngestGroups } from '../../../support/memory-ingest-groups';

/** Windows in memory with the guard that the database's update carries; each step may be the last of its process. */
class MemoryWindows {
  readonly exposures = new Map<string, number>();
  private readonly marks = new Map<string, number>();

  async apply({ writerId, seq }: PendingGroup, deltas: Deltas, diesAfter: number): Promise<void> {
    let left = diesAfter;
    for (const [id, { amounts }] of deltas) {
      if (left-- === 0) throw new Error('killed');
      await Promise.resolve();
      const mark = `${id} ${writerId}`;
      if ((this.marks.get(mark) ?? -1) >= seq) continue;
      this.marks.set(mark, seq);
      this.exposures.set(id, (this.exposures.get(id) ?? 0) + (amounts.get('exposures') ?? 0));
    }
  }

  get sum(): number {
    return [...this.exposures.values()].reduce((sum, count) => sum + count, 0);
  }
}

type Fault = 'none' | 'lost' | 'unanswered' | 'late';

/**
 * One thing that happens: a batch sent through a server with what becomes of its insert, a fold that may die, a late
 * landing.
 */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('send' as const), fc.nat(1), fc.nat(5), fc.nat(3)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('fold' as const), fc.nat(1), fc.nat(3), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('land' as const), fc.nat(1), fc.nat(3), fc.nat(1)) },
);
const FAULTS: readonly Fault[] = ['none', 'lost', 'unanswered', 'late'];

describe('ingestion with faults anywhere', () => {
  it('counts each acknowledged batch exactly once, and no other twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const groups = new MemoryIngestGroups();
        const windows = new MemoryWindows();
        const inFlight: IngestGroup[] = [];
        let fault: Fault = 'none';
        const store = async (group: IngestGroup): ReturnType<MemoryIngestGroups['store']> => {
          if (fault === 'late') inFlight.push(group);
          const outcome = fault === 'none' || fault === 'unanswered' ? groups.insert(group) : null;
          if (fault !== 'none' || outcome === null) throw new Error('no answer');
          return outcome;
        };
        const servers = [0, 1].map(
          () =>
            new EventIngest({
              groups: { store },
              fold: { foldWriter: async () => undefined },
              clock: { nowMs: () => WINDOW_START + 3_000 },
              resolveObservation: async () => OBSERVED,
              limits: { flushMs: 0, foldMs: 0, retryMs: 0, attempts: 1 },
            }),
        );
        const acknowledged = new Set<number>();
        const running: Promise<void>[] = [];
        for (const [kind, server, subject, faultAt] of steps) {
          if (kind === 'send') {
            fault = FAULTS[faultAt] ?? 'none';
            const events = ['on', 'off'].map((variant) => givenExposure({ variant }));
            await servers[server]?.accept('production', givenBatch(String(subject), events)).then(
              () => acknowledged.add(subject),
              () => undefined,
            );
          } else if (kind === 'fold') {
            const apply = (group: PendingGroup, deltas: Deltas): Promise<void> => windows.apply(group, deltas, subject);
            running.push(
              createFold({ groups, apply })
                .foldPending()
                .catch(() => undefined),
            );
          } else {
            const late = inFlight.splice(subject % Math.max(1, inFlight.length), 1)[0];
            if (late !== undefined) groups.insert(late);
          }
        }
        for (const late of inFlight) groups.insert(late);
        await Promise.all(running);
        const apply = (group: PendingGroup, deltas: Deltas): Promise<void> => windows.apply(group, deltas, Infinity);
        await Promise.all([1, 2].map(() => createFold({ groups, apply }).foldPending()));
        const standing = [...groups.groups.values()].flatMap(({ batchIds }) => batchIds);
        expect(new Set(standing).size).toBe(standing.length);
        for (const subject of acknowledged) expect(standing).toContain(`production/batch-${subject}`);
        expect(windows.sum).toBe(2 * standing.length);
      }),
      { numRuns: 200 },
    );
  });
});
