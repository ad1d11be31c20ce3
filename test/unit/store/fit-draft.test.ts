import { DecisionRecord, MAX_RECORD_BYTES } from '../../../flags/document/decision-record';
import { canonicalJson } from '../../../core/canonical-json';
import { recordHash } from '../../../store/chain-link';
import { chainRecord } from '../../../store/decision-chain';
import type { DecisionDraft } from '../../../store/decision-draft';
import { plainCopy } from '../../../store/plain-copy';
import { givenFlag } from '../../support/flag-builders';

const draft = (change: Partial<DecisionDraft> = {}): DecisionDraft => ({
  actor: { kind: 'workflow', name: 'rollout/production/checkout', verified: true },
  action: 'rollout.roll_back',
  reason: 'harm',
  rolloutId: 'r1',
  transition: 3,
  ...change,
});
const chain = (change: Partial<DecisionDraft>): DecisionRecord =>
  chainRecord(null, givenFlag(), draft(change), '2026-01-01T00:00:00.000Z');

describe('a record made of a draft', () => {
  it('can be read again whatever the evidence holds: infinite, no number, too long, too many', () => {
    const numbers = { eValue: Number.POSITIVE_INFINITY, low: Number.NEGATIVE_INFINITY, nothing: Number.NaN, fine: 0.5 };
    const evidence = Array.from({ length: 60 }, () => ({ code: 'C'.repeat(99), text: 'long '.repeat(3), numbers }));
    const notApplied = Array.from({ length: 30 }, (_, transition) => ({
      transition,
      action: 'rollout.raise' as const,
      weight: 5,
    }));
    const record = chain({ reason: 'why '.repeat(900), evidence, notApplied });
    expect(DecisionRecord.parse(record)).toEqual(record);
    expect(record.evidence?.[0]?.numbers).toEqual({ eValue: Number.MAX_VALUE, low: -Number.MAX_VALUE, fine: 0.5 });
    expect(record.notApplied?.at(-1)?.transition).toBe(29);
  });

  it.each(['rollout.roll_back', 'experiment.conclude'] as const)(
    'keeps as many of the first reasons of %s as fit into 16 kB',
    (action) => {
      const evidence = Array.from({ length: 40 }, (_, index) => ({ code: `CODE_${index}`, text: 'ü'.repeat(490) }));
      const record = chain({ evidence, action });
      expect(Buffer.byteLength(canonicalJson(record))).toBeLessThanOrEqual(MAX_RECORD_BYTES);
      expect(record.evidence?.length).toBeGreaterThan(10);
      expect(record.evidence?.[0]?.code).toBe('CODE_0');
    },
  );

  it('hashes what the database gives back, also after half a surrogate pair', () => {
    const record = chain({ reason: 'cut 😀'.slice(0, 5) });
    expect(record.reason).toBe('cut \ufffd');
    expect(recordHash(record)).toBe(record.hash);
  });
});

describe('a plain copy', () => {
  it('replaces lone surrogates in values and names, and nothing that only looks like one', () => {
    const text = String.raw`a\ud800b`;
    expect(plainCopy({ ['k\udc00']: ['\ud83dx', '😀', text, undefined], gone: undefined })).toEqual({
      'k\ufffd': ['\ufffdx', '😀', text, null],
    });
  });
});
