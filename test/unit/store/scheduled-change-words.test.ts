import { FlagInput } from '../../../flags/edit/flag-input';
import { givenPlan } from '../../support/flag-builders';
import { changeInWords, timerInputOf, type PlannedChange } from '../../../store/scheduled-changes-repository';
import { scheduledChangeStart } from '../../../workflows/scheduled/messages';

const flag = FlagInput.parse({ type: 'boolean', variants: { on: true, off: false }, offVariant: 'off' });
const start = { rolloutId: 'r', identity: 'i', salt: 's', plan: givenPlan(), again: false };

const scheduled = {
  _id: '4f1c2a9be07d',
  environment: 'production',
  flagKey: 'sale',
  change: { kind: 'switch' as const, enabled: false },
  reason: 'the sale ends',
  dueAt: '2030-06-30T21:59:00.000Z',
  expiresAfterMs: 86_400_000,
  askedBy: { tokenId: 't', actor: { kind: 'token' as const, name: 'ada', verified: true } },
  askedAt: '2030-01-01T00:00:00.000Z',
  status: 'scheduled' as const,
  isTimed: false,
  outcome: null,
};

describe('a scheduled change in words', () => {
  it.each<[string, PlannedChange]>([
    ['switch on', { kind: 'switch', enabled: true }],
    ['switch off', { kind: 'switch', enabled: false }],
    ['create', { kind: 'edit', flag, revision: 0 }],
    ['edit revision 7', { kind: 'edit', flag, revision: 7 }],
    ['archive', { kind: 'archive' }],
    ['roll out on', { kind: 'rollout', start }],
  ])('is "%s"', (words, change) => {
    expect(changeInWords(change)).toBe(words);
  });

  it('tells its workflow when and what, and nothing of how: that stands in the database', () => {
    expect(timerInputOf(scheduled)).toEqual({
      id: '4f1c2a9be07d',
      environment: 'production',
      flagKey: 'sale',
      dueAt: '2030-06-30T21:59:00.000Z',
      what: 'switch off',
      askedBy: 'ada',
    });
  });

  it('has one workflow in all its life, which the Web UI names', () => {
    const options = scheduledChangeStart(timerInputOf(scheduled), 'queue');
    expect(options).toMatchObject({
      workflowId: 'scheduled-change/production/sale/4f1c2a9be07d',
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: 'sale in production: switch off at 2030-06-30T21:59:00.000Z',
    });
  });
});
