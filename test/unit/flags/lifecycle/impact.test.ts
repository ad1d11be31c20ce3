import { FlagDefinition, type Flag } from '../../../../flags/document/flag';
import { findPaths } from '../../../../flags/document/find-paths';
import type { Segment } from '../../../../flags/document/segment';
import { dependentPaths, impactOf } from '../../../../flags/lifecycle/impact';
import { impactLines } from '../../../../cli/render/impact-lines';
import { styleFor } from '../../../../cli/render/style';
import { givenFlag } from '../../../support/flag-builders';
import { givenIo } from '../../../support/cli-io';

const lastChange = {} as Flag['lastChange'];
function flag(key: string, parents: readonly string[] = [], change: Partial<Flag> = {}): Flag {
  const prerequisites = parents.map((parent) => ({ flag: parent, variants: ['on'] }));
  return { ...givenFlag(), key, prerequisites, schemaVersion: 1, revision: 1, lastChange, ...change };
}
const segment = (key: string, named: string): Segment => ({
  environment: 'production',
  key,
  if: named === '' ? { attribute: 'plan', operator: 'equals', value: 'x' } : { not: { segment: named } },
  revision: 1,
});
const rollout = (id: string): Flag['rollout'] =>
  ({
    id,
    candidate: 'on',
    weight: 25,
    excludedSegments: ['abroad'],
    observe: { segments: [] },
  }) as unknown as Flag['rollout'];

describe('flags that depend on one', () => {
  it('come with the shortest path, nearest first, and without archived ones', () => {
    const flags = [
      flag('a'),
      flag('b', ['a']),
      flag('c', ['b']),
      flag('d', ['c', 'b']),
      flag('e', ['a'], { deleted: true }),
      flag('f', ['e']),
    ];
    expect([...dependentPaths('a', flags).values()]).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'd'],
    ]);
    expect(dependentPaths('d', flags).size).toBe(0);
  });

  it('are found though stored flags go in a circle', () => {
    expect([...findPaths('a', (key) => ({ a: ['b'], b: ['c'], c: ['a', 'b'] })[key] ?? []).keys()]).toEqual(['b', 'c']);
  });
});

describe('the impact of a change', () => {
  const rule = { name: 'r', if: { segment: 'testers' }, serve: { variant: 'on' } };
  const flags = [
    flag('pay', [], { modules: ['billing', 'web'], services: ['orders'], rules: [rule], rollout: rollout('pay-1') }),
    flag('checkout', ['pay'], { rollout: rollout('checkout-1') }),
    flag('invoices', [], { modules: ['billing'], services: ['orders'], rollout: rollout('invoices-1') }),
    flag('search', [], { modules: ['search'], rollout: rollout('search-1') }),
  ];
  const segments = [
    segment('testers', 'staff'),
    segment('staff', ''),
    segment('abroad', ''),
    segment('other', 'staff'),
  ];
  const impact = impactOf(flags[0] as Flag, flags, segments);

  it('names flags, modules, services, segments and live rollouts that are touched, and no others', () => {
    expect(impact).toEqual({
      key: 'pay',
      dependents: [{ flag: 'checkout', path: ['pay', 'checkout'], variants: ['on'] }],
      modules: [
        { name: 'billing', flags: ['invoices'] },
        { name: 'web', flags: [] },
      ],
      services: [{ name: 'orders', flags: ['invoices'] }],
      segments: [
        { segment: 'testers', path: ['testers'] },
        { segment: 'abroad', path: ['abroad'] },
        { segment: 'staff', path: ['testers', 'staff'] },
      ],
      rollouts: [
        { flag: 'pay', rolloutId: 'pay-1', candidate: 'on', weight: 25, relation: 'own' },
        { flag: 'checkout', rolloutId: 'checkout-1', candidate: 'on', weight: 25, relation: 'dependent' },
        { flag: 'invoices', rolloutId: 'invoices-1', candidate: 'on', weight: 25, relation: 'shared' },
      ],
      canArchive: false,
    });
    expect(impactOf(flag('alone'), [flag('alone')], []).canArchive).toBe(true);
  });

  it('is told one thing a line', () => {
    const { stdout, env } = givenIo();
    expect(impactLines(impact, styleFor(stdout, env))).toEqual([
      'flags that depend on it',
      '  pay → checkout (wants on)',
      'modules',
      '  billing: invoices',
      '  web: no other flag',
      'services',
      '  orders: invoices',
      'segments',
      '  testers',
      '  abroad',
      '  testers → staff',
      'live rollouts',
      '  pay-1: on at 25 %, its own',
      '  checkout-1: on at 25 %, of a flag that depends on it',
      '  invoices-1: on at 25 %, of a flag that shares a module or service with it',
      'it cannot be archived while flags depend on it',
    ]);
  });
});

describe('modules and services of a flag', () => {
  it.each([[[]], [['']], [['a'.repeat(101)]]])('are names, at least one: not %j', (modules) => {
    const parsed = FlagDefinition.safeParse({ key: 'a', type: 'boolean', variants: { on: true }, modules });
    expect(parsed.error?.issues[0]?.path[0]).toBe('modules');
  });
});
