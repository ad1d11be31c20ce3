import type { Deltas } from '../../../../metrics/deltas';
import { GroupWriter } from '../../../../server/ingest/group-writer';
import { INGEST_LIMITS, type IngestLimits } from '../../../../server/ingest/limits';
import { MemoryIngestGroups } from '../../../support/memory-ingest-groups';

const DELTAS: Deltas = new Map();

function givenWriter(limits: Partial<IngestLimits> = {}): { groups: MemoryIngestGroups; writer: GroupWriter } {
  const groups = new MemoryIngestGroups();
  const writer = new GroupWriter({
    groups,
    clock: { nowMs: () => 1_000 },
    limits: { ...INGEST_LIMITS, flushMs: 1, retryMs: 0, ...limits },
    onStored: () => undefined,
  });
  return { groups, writer };
}

const batch = (id: string, size = 10): { id: string; deltas: Deltas; size: number } => ({ id, deltas: DELTAS, size });

describe('the group writer', () => {
  it('stores all batches of one interval as one group', async () => {
    const { groups, writer } = givenWriter();
    await Promise.all([writer.write(batch('a')), writer.write(batch('b')), writer.write(batch('c'))]);
    expect(groups.sent.map(({ batchIds, seq }) => ({ batchIds, seq }))).toEqual([
      { batchIds: ['a', 'b', 'c'], seq: 0 },
    ]);
    expect(writer.pendingSize).toBe(0);
  });

  it('numbers groups without gaps and sends one after the other', async () => {
    const { groups, writer } = givenWriter({ groupBatches: 2 });
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => writer.write(batch(id))));
    expect(groups.sent.map(({ batchIds, seq }) => [seq, ...batchIds])).toEqual([
      [0, 'a', 'b'],
      [1, 'c', 'd'],
      [2, 'e'],
    ]);
  });

  it('puts no more into a group than a document may hold', async () => {
    const { groups, writer } = givenWriter({ groupSize: 25 });
    await Promise.all(['a', 'b', 'c'].map((id) => writer.write(batch(id))));
    expect(groups.sent.map(({ batchIds }) => batchIds.length)).toEqual([2, 1]);
  });

  it('sends the identical group again when the outcome is unknown, and counts what had landed as stored', async () => {
    const { groups, writer } = givenWriter();
    groups.faults.push('unanswered');
    await expect(writer.write(batch('a'))).resolves.toEqual({ isDuplicate: false });
    expect(groups.sent).toHaveLength(2);
    expect(groups.sent[1]).toEqual(groups.sent[0]);
    expect(groups.groups.size).toBe(1);
  });

  it('drops batches that stand elsewhere and stores the rest under the same number', async () => {
    const { groups, writer } = givenWriter();
    groups.insert({ writerId: 'w0', seq: 0, batchIds: ['a'], deltas: DELTAS, createdAt: 1 });
    const answers = await Promise.all([writer.write(batch('a')), writer.write(batch('b'))]);
    expect(answers).toEqual([{ isDuplicate: true }, { isDuplicate: false }]);
    expect(groups.sent.map(({ seq, batchIds }) => [seq, ...batchIds])).toEqual([
      [0, 'a', 'b'],
      [0, 'b'],
    ]);
  });

  it('refuses with a retryable error and takes a new writer id when the outcome stays unknown', async () => {
    const { groups, writer } = givenWriter({ attempts: 2 });
    await writer.write(batch('a'));
    groups.faults.push('lost', 'lost');
    await expect(writer.write(batch('b'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
    await writer.write(batch('b'));
    const [first, given, , after] = groups.sent;
    expect(given).toMatchObject({ writerId: first?.writerId, seq: 1 });
    expect(after).toMatchObject({ seq: 0 });
    expect(after?.writerId).not.toBe(first?.writerId);
    expect(writer.pendingSize).toBe(0);
  });

  it('gives up on a database that does not answer, and goes on under a new writer id', async () => {
    const { groups, writer } = givenWriter({ patienceMs: 20 });
    const answering = groups.store.bind(groups);
    groups.store = () => new Promise(() => undefined);
    await expect(writer.write(batch('a'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', retryable: true });
    groups.store = answering;
    await expect(writer.write(batch('a'))).resolves.toEqual({ isDuplicate: false });
  });

  it('counts a batch once when its abandoned insert lands before or after its repetition', async () => {
    for (const landsFirst of [true, false]) {
      const { groups, writer } = givenWriter({ attempts: 1 });
      groups.faults.push('lost');
      await expect(writer.write(batch('a'))).rejects.toThrow('connection reset');
      const abandoned = groups.sent[0];
      if (abandoned === undefined) throw new Error('nothing was sent');
      if (landsFirst) groups.insert(abandoned);
      await expect(writer.write(batch('a'))).resolves.toEqual({ isDuplicate: landsFirst });
      groups.insert(abandoned);
      expect([...groups.groups.values()].flatMap(({ batchIds }) => batchIds)).toEqual(['a']);
    }
  });
});
