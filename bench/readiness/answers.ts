/**
 * What answers for SDKs cost the server in processor time, at 10,000 flags of which one changes at a time: `npx tsx
 * bench/readiness/answers.ts [rounds]`. One JSON object is what SDKs are sent that know no lines.
 */
import { sentFlag, sentSegments } from '../../server/snapshot/sent';
import { SnapshotHistory } from '../../server/snapshot/snapshot-history';
import { SnapshotTexts } from '../../server/snapshot/snapshot-texts';
import { manyFlags, segments } from './flags';

const FLAGS = 10_000;
const rounds = Number(process.argv[2] ?? 15);
const moment = { leases: [], timeMs: 1 };

const tookMs = new Map<string, number[]>();

function timed<T>(what: string, work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  tookMs.set(what, [...(tookMs.get(what) ?? []), (user + system) / 1000]);
  return result;
}

const flags = manyFlags(FLAGS).sort((a, b) => (a.key < b.key ? -1 : 1));
const sent = flags.map(sentFlag);
const content = { flags: sent, segments: sentSegments(segments, []) };
const history = new SnapshotHistory();
let before = new SnapshotTexts('production', content, history);
for (let round = 0; round < rounds; round += 1) {
  sent[round] = sentFlag({ ...flags[round]!, revision: 1_000 + round });
  const texts = timed(
    'a snapshot with its tag',
    () => new SnapshotTexts('production', { ...content, flags: [...sent] }, history),
  );
  timed('changes, for the first who asks', () => texts.changesSince(before.etag, moment));
  timed('changes, for each other', () => texts.changesSince(before.etag, moment));
  timed('everything in lines, for the first', () => texts.lines(moment));
  timed('everything in lines, for each other', () => texts.lines(moment));
  timed('everything as JSON, for the first', () => Buffer.from(texts.openJson));
  timed('everything as JSON, for each other', () => Buffer.from(texts.openJson));
  before = texts;
}
console.log(
  `${FLAGS} flags, ${rounds} changes of one, Node ${process.version}\n\n| what | ms, median | ms, least |\n| --- | ---: | ---: |`,
);
for (const [what, values] of tookMs) {
  const sorted = [...values].sort((a, b) => a - b);
  console.log(`| ${what} | ${sorted[sorted.length >> 1]?.toFixed(2)} | ${sorted[0]?.toFixed(2)} |`);
}
