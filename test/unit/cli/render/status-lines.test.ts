import { changeKey, changeLine } from '../../../../cli/render/change-line';
import { statusLines } from '../../../../cli/render/status-lines';
import { ansiStyle, plainStyle, styleFor } from '../../../../cli/render/style';
import { visibleWidth } from '../../../../cli/render/text';
import { givenStatus } from '../../../support/status-builder';

const at = new Date('2026-01-01T10:02:31.456Z');

describe('the status of a rollout', () => {
  it('shows weight, phase, bake and control against candidate in a hundred columns', () => {
    const status = givenStatus({ webUrl: 'http://127.0.0.1:8233/x' });
    expect(statusLines(status, 100, plainStyle).join('\n')).toBe(
      `
checkout → express in production  checkout-1a2b3c4d
weight ██████░░░░░░░░░░░░░░░░░░░░░░░░ 20 %  step 1 of 2 (20 → 50 → 100 %)
phase  progressing, waits for bake
       serves 20 % and watches
bake   ████████░░░░░░░░░░░░░░░░░░░░░░ 2m 30s of 10m
look   hold, data ok, 4012 control / 1003 candidate, evidence of harm 0.9
metric   control  candidate  harm                      margin  evidence of harm  safety
errors    0.0102     0.0114  0.0012 [-0.0041, 0.0065]    0.03               0.8  shown
latency    212.4          –  –                          106.2                 1  not yet
- the bake has 7m 30s to go
http://127.0.0.1:8233/x`.trim(),
    );
  });

  it('folds what fifty columns cannot hold', () => {
    const lines = statusLines(givenStatus({ fromProjection: true, ageMs: 12_000 }), 50, plainStyle);
    expect(lines.slice(5).join('\n')).toBe(
      `
look   hold, data ok, 4012 control / 1003
       candidate, evidence of harm 0.9
errors: control 0.0102, candidate 0.0114, shown
  harm 0.0012 [-0.0041, 0.0065], margin 0.03
  evidence of harm 0.8
latency: control 212.4, candidate –, not yet
  harm –, margin 106.2
  evidence of harm 1
- the bake has 7m 30s to go
no worker answers: this is what the database last
heard, 12s ago`.trim(),
    );
  });

  it.each([20, 33, 60, 79, 120])('keeps to %i columns, with colours as well as without', (width) => {
    const status = givenStatus({ summary: 'a long account '.repeat(20), excludedSegments: ['insiders', 'partners'] });
    for (const style of [plainStyle, ansiStyle]) {
      for (const line of statusLines(status, width, style)) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it('shows no bake of a rollout that has ended, and says so before the first look', () => {
    const status = givenStatus({ phase: 'rolled_back', waitingFor: null, weight: 0, lastLook: null });
    const lines = statusLines(status, 100, plainStyle);
    expect(lines).toContain('phase  rolled back');
    expect(lines).toContain('look   none yet');
    expect(lines.filter((line) => line.startsWith('bake'))).toEqual([]);
  });

  it('lets no text from elsewhere steer the terminal', () => {
    const text = statusLines(givenStatus({ summary: 'ok\u001b[2J\r\nfake' }), 100, plainStyle).join('');
    expect(text).not.toMatch(/[\u0000-\u001f]/);
  });

  it('marks nothing without a terminal, under NO_COLOR and on a dumb one', () => {
    expect(styleFor({ isTTY: true }, {})).toBe(ansiStyle);
    expect(styleFor({ isTTY: false }, {})).toBe(plainStyle);
    expect(styleFor({ isTTY: true }, { NO_COLOR: '1' })).toBe(plainStyle);
    expect(styleFor({ isTTY: true }, { TERM: 'dumb' })).toBe(plainStyle);
  });
});

describe('a plain line about a rollout', () => {
  it('tells weight, phase, step, look and summary', () => {
    expect(changeLine(givenStatus(), at)).toBe(
      '2026-01-01T10:02:31Z checkout: 20 %, progressing, waits for bake, step 1 of 2 (20 → 50 → 100 %), 25 % baked, look: hold, 4012/1003 seen, evidence of harm 0.9 — serves 20 % and watches',
    );
  });

  it('tells what is wrong with the data, and each quarter of a bake', () => {
    const { lastLook } = givenStatus();
    const silent = { ...(lastLook as NonNullable<typeof lastLook>), dataQuality: 'no_traffic' };
    expect(changeLine(givenStatus({ lastLook: silent, bakedMs: 300_000, bakeMs: 600_000 }), at)).toContain(
      '50 % baked, look: hold, data no_traffic, 4012/1003 seen',
    );
    expect(changeLine(givenStatus({ phase: 'completed' }), at)).not.toContain('baked');
  });

  it('is due on news and not for numbers that every look changes', () => {
    const before = changeKey(givenStatus({ summary: 'needs 1,200 more' }));
    expect(changeKey(givenStatus({ summary: 'needs 1,100 more', bakedMs: 160_000 }))).toBe(before);
    expect(changeKey(givenStatus({ summary: 'needs 1,100 more', bakedMs: 310_000 }))).not.toBe(before);
    expect(changeKey(givenStatus({ weight: 50 }))).not.toBe(changeKey(givenStatus()));
    expect(changeKey(givenStatus({ phase: 'paused' }))).not.toBe(changeKey(givenStatus()));
  });

  it('says what segments, risk and pace have come to', () => {
    const { lastLook } = givenStatus();
    const scale = { anomalyWeight: 0.6, segmentWeight: 0.4, narrowAt: 50, rollbackAt: 80 };
    const parts = { severity: 1, persistence: 0.5, audience: 1, correlation: 0.25, metric: 'errors', segment: '*' };
    const eu = { segment: 'eu', excluded: true, harmed: true, harmEvidence: 4000, metric: 'errors' };
    const look = {
      ...(lastLook as NonNullable<typeof lastLook>),
      risk: { score: 40, ...scale, ...parts },
      pace: { speed: 'rapid' as const, nextWeight: 50, bakeMs: 1, intervalMs: 1 },
      confidence: 0.93,
      failureForecast: { looks: 5, probability: 0.12, lower: 0.04, upper: 0.31, isAlert: false },
      watch: { metric: 'errors', evidence: 1, alarm: false },
      segments: [{ ...eu, control: 0.01, candidate: 0.3, harm: 0.28 }],
    };
    const text = statusLines(givenStatus({ lastLook: look }), 200, plainStyle).join('\n');
    expect(text).toContain(
      'risk 40 of 50, confidence 0.93, failure forecast 0.12 (0.04 to 0.31) in 5 looks, rapid pace, then 50 %, watch quiet',
    );
    expect(text).toMatch(/segment eu: errors 0\.01 → 0\.3, evidence of harm .*, excluded/);
  });
});
