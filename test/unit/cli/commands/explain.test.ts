import { createServer, type Server } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { MetricFinding } from '../../../../analysis/types';
import type { ObservationsAnswer } from '../../../../cli/api/answers';
import { ExitCode } from '../../../../cli/exit-codes';
import { chartSeries, isShare } from '../../../../cli/explain/chart-series';
import { escapeText } from '../../../../cli/explain/svg-chart';
import { answerable } from '../../../../cli/offline/replay-report';
import { replayRollout } from '../../../../cli/offline/replay-rollout';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';
import { givenRecordedRollout, RECORDED_PLAN } from '../../../support/recorded-rollout';
import { givenTempDir } from '../../../support/temp-dir';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** An API that knows some ended rollouts. */
async function givenApi(rollouts: readonly ObservationsAnswer[]): Promise<string> {
  server = createServer((request, response) => {
    const [, , , , , id, what] = new URL(request.url ?? '', 'http://x').pathname.split('/');
    const found = rollouts.find(({ rolloutId }) => rolloutId === id);
    const list = rollouts.map(({ rolloutId, state }) => ({ rolloutId, phase: state }));
    const timeline = found?.transitions.map((transition, index) => ({
      ...transition,
      actor: { kind: 'workflow', name: 'rollout/production/checkout', verified: true },
      reason: 'as the judge said',
      revision: index + 1,
      ...(transition.action === 'rollout.roll_back'
        ? {
            evidence: [
              { code: 'GUARDRAIL_HARM', text: 'errors: <worse> & worse', metric: 'errors', numbers: { harm: 0.2 } },
            ],
          }
        : {}),
    }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(id === undefined ? list : what === 'timeline' ? timeline : found));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function isBeyondEverything({ control, harmUpper }: MetricFinding): boolean {
  return control !== null && harmUpper !== null && control + harmUpper > 1;
}

const BAD = givenRecordedRollout({ harm: { plus: 0.2 }, onset: 20 }, { id: 'checkout-bad', state: 'rolled_back' });
const GOOD = givenRecordedRollout({}, { id: 'checkout-good' });

describe('headgate explain', () => {
  it('says why with the numbers, and draws control, candidate, interval and weight', async () => {
    const url = await givenApi([BAD]);
    const out = givenTempDir();
    const io = givenIo();
    const code = await run(['explain', 'checkout-bad', '--out', out, '--url', url, '--env', 'production'], io);
    expect(io.err()).toBe('');
    expect(code).toBe(ExitCode.Ok);
    expect(io.out()).toContain('GUARDRAIL_HARM: errors: <worse> & worse');
    expect(io.out()).toContain('harm 0.2');
    expect(io.out().replace(/\s+/g, ' ')).toMatch(/Judging it again rolls it back .*; the record did at/);
    const svg = readFileSync(join(out, 'explain-checkout-bad.svg'), 'utf8');
    for (const part of [
      'role="img"',
      '<title',
      '<desc',
      'class="control"',
      'class="candidate"',
      'class="band"',
      'class="weight"',
    ]) {
      expect(svg).toContain(part);
    }
    const html = readFileSync(join(out, 'explain-checkout-bad.html'), 'utf8');
    expect(html).toContain('errors: &lt;worse&gt; &amp; worse');
    expect(html).toContain(svg.slice(0, 200));
    // Nothing is loaded from elsewhere, and nothing runs.
    for (const text of [svg, html]) {
      expect(text).not.toMatch(/(?:src|href)=|url\(|<script|@import/);
      expect(text).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('draws no share above everything or below nothing', () => {
    const recorded = givenRecordedRollout({ harm: { plus: 0.9 } }, { id: 'checkout-all', state: 'rolled_back' });
    const { plan } = answerable(recorded, recorded.plan);
    const { looks } = replayRollout(recorded, plan, { untilRollback: false });
    expect(looks.some(({ analysis }) => analysis.findings.some(isBeyondEverything))).toBe(true);
    const points = chartSeries(looks, plan.metrics).metrics.filter(({ metric }) => isShare(metric));
    const drawn = points.flatMap(({ points: each }) =>
      each.flatMap(({ lower, upper, limit }) => [lower, upper, limit]),
    );
    const values = drawn.filter((value) => value !== null);
    expect(values.length).toBeGreaterThan(0);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('explains a rollout without windows from its record alone', async () => {
    const url = await givenApi([{ ...BAD, control: null, windows: [] }]);
    const out = givenTempDir();
    const io = givenIo();
    const words = ['explain', 'checkout-bad', '--out', out, '--url', url, '--env', 'production', '--json'];
    expect(await run(words, io)).toBe(ExitCode.Ok);
    const answer = JSON.parse(io.out()) as { reasons: unknown[]; notes: string[]; files: string[] };
    expect(answer.reasons).toEqual([expect.objectContaining({ code: 'GUARDRAIL_HARM' })]);
    expect(answer.notes.join(' ')).toContain('No windows are kept');
    expect(readFileSync(answer.files[0] ?? '', 'utf8')).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('escapes what people and services have named', () => {
    expect(escapeText(`<a href="x">'&\u0001`)).toBe('&lt;a href=&quot;x&quot;&gt;&#39;&amp;�');
  });
});

describe('headgate replay', () => {
  it("judges all finished rollouts again, by their own plans or another's, and prints the rates", async () => {
    const url = await givenApi([GOOD, BAD]);
    const io = givenIo();
    expect(await run(['replay', '--url', url, '--env', 'production'], io)).toBe(ExitCode.Ok);
    expect(io.out()).toContain('false alarms: 0 of 1 (0 %), of those that completed');
    expect(io.out()).toContain('detections: 1 of 1 (100 %), of those that were rolled back');
    expect(io.out()).toMatch(/, -?\d+(?:\.\d{1,2})? min (?:sooner|later) at the median/);
    // What completed says why it was let on, and not what its last look would have waited for.
    expect(io.out()).toMatch(/checkout-good +completed.*SAFETY_SHOWN/);
    const plan = join(givenTempDir(), 'p2.yaml');
    writeFileSync(plan, '');
    const files = { [plan]: `${RECORDED_PLAN}metrics: [{ name: errors, kind: error_rate, margin: 0.9 }]\n` };
    const other = givenIo({ files });
    const words = ['replay', 'checkout-bad', '--plan', plan, '--url', url, '--env', 'production', '--json'];
    expect(await run(words, other)).toBe(ExitCode.Ok);
    expect(JSON.parse(other.out())).toMatchObject({
      rates: { rolledBack: 1, detected: 0 },
      rollouts: [{ rollbackMinute: null }],
    });
    const people = givenIo({ files });
    expect(await run(words.slice(0, -1), people)).toBe(ExitCode.Ok);
    expect(people.out()).toContain('1 rollout\nfalse alarms: none completed, so there is no rate');
  });
});
