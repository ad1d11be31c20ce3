import fc from 'fast-check';
import { EventParser } from '../../../sdk/src/event-parser';

const stream = [
  'retry: 1000\n\n',
  'id: a\ndata: {"etag":"1"}\n\n',
  ': still here\n\n',
  'id: b\r\nevent: changes\r\ndata: {"grüße":"🎈"}\r\ndata: flag\t2\r\ndata: \r\n\r\n',
  'event: nothing\n\n',
  'data\n\ndata:x\n\n',
].join('');
const messages = [
  { event: 'message', data: '{"etag":"1"}' },
  { event: 'changes', data: '{"grüße":"🎈"}\nflag\t2\n' },
  { event: 'message', data: '' },
  { event: 'message', data: 'x' },
];

it('takes a stream of events apart wherever it was cut', () => {
  const bytes = Buffer.from(stream);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const parser = new EventParser();
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const taken = ends.flatMap((end, at) => parser.take(bytes.subarray(ends[at - 1] ?? 0, end)));
      expect(taken).toEqual(messages);
    }),
  );
});
