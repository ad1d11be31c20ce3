import { errorJson, errorLines } from '../../../../cli/render/error-lines';
import { auditLines, rolloutList, tokenList } from '../../../../cli/render/lists';
import { bar, evidence, measured, percent } from '../../../../cli/render/numbers';
import { plainStyle } from '../../../../cli/render/style';
import { timelineLines } from '../../../../cli/render/timeline-lines';
import { ErrorCode, HeadgateError, ValidationError } from '../../../../core/errors';
import { givenStatus } from '../../../support/status-builder';

const worker = { kind: 'workflow' as const, name: 'checkout-1a2b3c4d', verified: true };

describe('lists', () => {
  it('shows rollouts under headings', () => {
    expect(rolloutList([givenStatus()], plainStyle)).toEqual([
      'rollout            candidate  weight  phase                        started                   by',
      'checkout-1a2b3c4d  express      20 %  progressing, waits for bake  2026-01-01T10:00:00.000Z  ada',
    ]);
    expect(rolloutList([], plainStyle)).toEqual(['no rollouts']);
  });

  it('shows tokens, those revoked included', () => {
    const token = { id: 'a1', name: 'ci', role: 'operator', createdBy: 'ada', createdAt: 'T1' };
    expect(tokenList([token, { ...token, environment: 'staging', revokedAt: 'T2' }], plainStyle)).toEqual([
      'token  name  role      environment  created    state',
      'a1     ci    operator  all          T1 by ada  good',
      'a1     ci    operator  staging      T1 by ada  revoked T2',
    ]);
  });

  it('names each broken link of the audit', () => {
    const report = {
      ok: false,
      flags: 1,
      segments: 1,
      records: 3,
      problems: [
        { flagId: 'p/f', revision: 2, problem: 'hash differs' },
        { segmentId: 'p/s', revision: 1, problem: 'revision 1 is missing' },
      ],
    };
    expect(auditLines(report, 'p', plainStyle)).toEqual([
      '2 problems in 3 records of 1 flag and 1 segment in p',
      'p/f revision 2: hash differs',
      'segment p/s revision 1: revision 1 is missing',
    ]);
  });

  it('tells the timeline with who, why, evidence and raises overtaken', () => {
    const entry = {
      at: '2026-01-01T10:05:00.000Z',
      action: 'rollout.roll_back',
      transition: 3,
      weight: 0,
      actor: worker,
      reason: 'errors are harmful',
      evidence: [{ code: 'GUARDRAIL_HARM', text: 'errors rose by 0.05' }],
      notApplied: [{ transition: 2, action: 'rollout.raise' as const, weight: 50 }],
      revision: 4,
    };
    expect(timelineLines([entry], 100, plainStyle)).toEqual([
      '2026-01-01T10:05:00.000Z #3 roll_back → 0 % by checkout-1a2b3c4d, revision 4',
      '  errors are harmful',
      '  - GUARDRAIL_HARM: errors rose by 0.05',
      '  - not applied: #2 raise → 50 %',
    ]);
  });
});

describe('errors', () => {
  const error = new HeadgateError(ErrorCode.RolloutLive, 'another is live', { remedy: 'Wait for it.' });

  it('show message and remedy, and a stack only when asked', () => {
    expect(errorLines(error, plainStyle, false)).toEqual(['error: another is live', 'Wait for it.']);
    expect(errorLines(error, plainStyle, true).join('\n')).toContain('lists.test.ts');
  });

  it('show every fault of a document on a line of its own', () => {
    const issues = [
      { field: 'steps[0]', line: 3, message: 'is missing' },
      { field: 'bake', message: 'is short' },
    ];
    expect(errorLines(new ValidationError(ErrorCode.InvalidPlan, 'the plan', issues), plainStyle, false)).toEqual([
      'error: the plan is not valid',
      '  line 3, steps[0]: is missing',
      '  bake: is short',
    ]);
  });

  it('are JSON for programs', () => {
    expect(JSON.parse(errorJson(error, 6))).toEqual({
      error: { code: 'ROLLOUT_LIVE', message: 'another is live', remedy: 'Wait for it.', exitCode: 6 },
    });
  });
});

describe('numbers', () => {
  it('are short and honest', () => {
    expect([null, 0, 0.000012, 0.0102, 1234.567, 2e7].map(measured)).toEqual([
      '–',
      '0',
      '1.20e-5',
      '0.0102',
      '1235',
      '2.00e+7',
    ]);
    expect([0.031, 0.9, 12.4, 812.6, 4e7].map(evidence)).toEqual(['0.031', '0.9', '12', '813', '4.0e+7']);
    expect([0, 12.5, 100].map(percent)).toEqual(['0 %', '12.5 %', '100 %']);
  });

  it('fill a bar only when it is full, and never leave it empty for something', () => {
    expect(bar(0, 4)).toBe('░░░░');
    expect(bar(0.001, 4)).toBe('█░░░');
    expect(bar(0.999, 4)).toBe('███░');
    expect(bar(1, 4)).toBe('████');
  });
});
