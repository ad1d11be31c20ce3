import { ExitCode } from '../../../../cli/exit-codes';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';

async function imported(from: string, content: string) {
  const io = givenIo({ files: { 'state.json': content } });
  const words = ['flag', 'import', 'state.json', '--from', from, '--env', 'staging', '--dry-run'];
  return { code: await run(words, io), out: io.out(), err: io.err() };
}

describe('headgate flag import', () => {
  it.each([
    ['unleash', '{"flags":{}}', "'state.json' is no unleash file: it has none of the forms that are read"],
    ['growthbook', '"text"', "'state.json' is no growthbook file: "],
    ['flagd', '{"flags":5}', "'state.json' is no flagd file at flags: "],
  ])('says of a file that is none of %s where it is wrong, and how to get one', async (from, content, message) => {
    const { code, err } = await imported(from, content);
    expect(code).toBe(ExitCode.Usage);
    expect(err).toContain(message);
    expect(err).toContain('docs/import.md');
  });

  it('tells of each item that is left out, without a server', async () => {
    const math = { if: [{ '>': [{ '+': ['a', 1] }, 5] }, 'on', 'off'] };
    const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' };
    const flags = { plain: flag, math: { ...flag, targeting: math } };
    const { code, out } = await imported('flagd', JSON.stringify({ flags }));
    expect(code).toBe(ExitCode.Ok);
    expect(out).toContain('1 flag and 0 segments, not sent');
    expect(out).toMatch(/^left out flags\.math: no condition says /m);
  });
});
