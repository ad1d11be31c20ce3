import type { Deltas } from '../../../metrics/deltas';
import { createFold } from '../../../store/fold';
import type { PendingGroup } from '../../../store/ingest-groups-repository';
import { MemoryIngestGroups } from '../../support/memory-ingest-groups';

const DELTAS: Deltas = new Map();

function givenGroups(...ids: [writerId: string, seq: number][]): MemoryIngestGroups {
  const groups = new MemoryIngestGroups();
  for (const [writerId, seq] of ids) {
    groups.insert({ writerId, seq, batchIds: [`${writerId}-${seq}`], deltas: DELTAS, createdAt: 1 });
  }
  return groups;
}

describe('folding groups', () => {
  it("folds each writer's groups in order and marks them", async () => {
    const groups = givenGroups(['b', 1], ['a', 2], ['a', 0], ['b', 0], ['a', 1]);
    const applied: string[] = [];
    const fold = createFold({ groups, apply: async ({ writerId, seq }) => void applied.push(`${writerId}${seq}`) });
    await fold.foldPending();
    expect(applied).toEqual(['a0', 'a1', 'a2', 'b0', 'b1']);
    expect(await groups.pending()).toEqual([]);
  });

  it('does not mark a group that could not be applied, and does not go past it', async () => {
    const groups = givenGroups(['a', 0], ['a', 1]);
    const apply = jest.fn().mockRejectedValueOnce(new Error('down'));
    const fold = createFold({ groups, apply });
    await expect(fold.foldPending()).rejects.toThrow('down');
    expect(await groups.pending()).toHaveLength(2);
    await fold.foldPending();
    expect(apply.mock.calls.map(([group]: [PendingGroup]) => group.seq)).toEqual([0, 0, 1]);
  });

  it('keeps the order when a listing has missed a group that landed while it was made', async () => {
    const groups = givenGroups(['a', 0], ['a', 1]);
    const whole = groups.pending.bind(groups);
    groups.pending = async () => {
      groups.pending = whole;
      return (await whole()).filter(({ seq }) => seq !== 0);
    };
    const applied: number[] = [];
    await createFold({ groups, apply: async ({ seq }) => void applied.push(seq) }).foldPending();
    expect(applied).toEqual([0, 1]);
  });

  it('folds what stood when it was called, also when a pass is under way', async () => {
    const groups = givenGroups(['a', 0]);
    const applied: number[] = [];
    let late: Promise<void> | undefined;
    const fold = createFold({
      groups,
      apply: async ({ seq }) => {
        applied.push(seq);
        if (seq > 0) return;
        groups.insert({ writerId: 'a', seq: 1, batchIds: ['x'], deltas: DELTAS, createdAt: 1 });
        late = fold.foldPending();
      },
    });
    await fold.foldPending();
    await late;
    expect(applied).toEqual([0, 1]);
  });
});
