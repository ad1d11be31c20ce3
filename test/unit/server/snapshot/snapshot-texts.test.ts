import { readAnswer } from '../../../../sdk/src/snapshot-document';
import { keyOf } from '../../../../sdk/src/flag-lines';
import { sentFlag, sentSegments } from '../../../../server/snapshot/sent';
import { SnapshotHistory } from '../../../../server/snapshot/snapshot-history';
import { SnapshotTexts } from '../../../../server/snapshot/snapshot-texts';
import { rolloutBlock, sdkFlag } from '../../../support/sdk-flags';

const moment = { leases: [5], timeMs: 7 };
const segment = (revision: number) => ({
  key: 'staff',
  revision,
  if: { attribute: 'a', operator: 'equals' as const, value: revision },
});

describe('a snapshot as it is sent', () => {
  const history = new SnapshotHistory();
  const [a, b] = [sentFlag(sdkFlag('a')), sentFlag(sdkFlag('b', { rollout: rolloutBlock() }))];
  const segments = sentSegments([segment(1)], []);
  const first = new SnapshotTexts('test', { flags: [a, b], segments }, history);
  const next = sentFlag(sdkFlag('a', { revision: 2 }));
  const second = new SnapshotTexts(
    'test',
    { flags: [next, b], segments: sentSegments([segment(1)], segments) },
    history,
  );

  it('tells all flags, rollouts and leases', () => {
    const answer = readAnswer(first.lines(moment));
    expect([...answer.lines].map(keyOf)).toEqual(['a', 'b']);
    expect(answer).toMatchObject({
      environment: 'test',
      etag: first.etag,
      rollouts: [['b', 'r1', 300_000]],
      leases: [5],
    });
    expect(answer.segments).toEqual([segment(1)]);
    expect(answer.base).toBeUndefined();
  });

  it('tells what has changed, and names what there is', () => {
    const changes = readAnswer(second.changesSince(first.etag, moment) ?? Buffer.alloc(0));
    expect([...changes.lines].map(keyOf)).toEqual(['a']);
    expect(changes).toMatchObject({ base: first.etag, etag: second.etag, rollouts: [], leases: [5] });
    expect([changes.segments, changes.segmentKeys]).toEqual([[], ['staff']]);
  });

  it('tells no changes since what it does not remember', () => {
    expect(second.changesSince('"other"', moment)).toBeUndefined();
    for (let at = 0; at < 40; at += 1) {
      const flags = [sentFlag(sdkFlag('a', { revision: 3 + at }))];
      new SnapshotTexts('test', { flags, segments: [] }, history);
    }
    const latest = new SnapshotTexts('test', { flags: [], segments: [] }, history);
    expect(latest.changesSince(first.etag, moment)).toBeUndefined();
  });

  it('has a tag that follows what it says and nothing else', () => {
    const again = new SnapshotTexts(
      'test',
      {
        flags: [sentFlag(sdkFlag('a')), sentFlag(sdkFlag('b', { rollout: rolloutBlock() }))],
        segments: sentSegments([segment(1)], []),
      },
      new SnapshotHistory(),
    );
    expect(again.etag).toBe(first.etag);
    const tags = [
      second,
      new SnapshotTexts('test', { flags: [a, b], segments: sentSegments([segment(2)], []) }, history),
      new SnapshotTexts('test', { flags: [a, b], segments, killSwitch: { on: true, revision: 1 } }, history),
      new SnapshotTexts('test', { flags: [a], segments }, history),
      new SnapshotTexts('test', { flags: [a, b], segments: [] }, history),
    ].map(({ etag }) => etag);
    expect(new Set([first.etag, ...tags]).size).toBe(6);
  });

  it('is one JSON object to those who know no lines', () => {
    expect(JSON.parse(`${first.openJson}}`)).toMatchObject({
      etag: first.etag,
      flags: [{ key: 'a', environment: 'test' }, { key: 'b' }],
    });
  });
});
