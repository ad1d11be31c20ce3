import { timelineLines } from '../../../../cli/render/timeline-lines';
import { styleFor } from '../../../../cli/render/style';
import { givenIo } from '../../../support/cli-io';

it('shows the causes of a lowering under its line, without characters that steer a terminal', () => {
  const io = givenIo();
  const lines = timelineLines(
    [
      {
        at: '2026-01-01T00:00:00.000Z',
        action: 'rollout.roll_back',
        transition: 3,
        weight: 0,
        actor: { kind: 'workflow', name: 'r1', verified: true },
        reason: 'errors are worse',
        revision: 9,
        causes: {
          at: '2026-01-01T00:00:05.000Z',
          kind: 'rollout',
          summary: 'This rollout: the arms differ in errors.',
          metric: 'errors',
          onsetAt: null,
          causes: [
            {
              subject: { kind: 'rollout', name: 'checkout' },
              weight: 4,
              strength: 'strong',
              evidence: [{ code: 'ARMS_DIFFER', text: 'worse off' }],
            },
          ],
          cleared: [
            {
              subject: { kind: 'flag', name: 'sea\u001b[2Jrch' },
              evidence: { code: 'MEETS_BOTH_ARMS', text: 'meets both arms alike' },
            },
          ],
          missing: ['cpu: connection refused'],
        },
      },
    ],
    Number.POSITIVE_INFINITY,
    styleFor(io.stdout, io.env),
  );
  expect(lines).toEqual([
    '2026-01-01T00:00:00.000Z #3 roll_back → 0 % by r1, revision 9',
    '  errors are worse',
    '  why: This rollout: the arms differ in errors.',
    '    1. rollout checkout (strong evidence)',
    '       - ARMS_DIFFER: worse off',
    '    cleared: flag sea [2Jrch: meets both arms alike',
    '    not asked: cpu: connection refused',
  ]);
});
