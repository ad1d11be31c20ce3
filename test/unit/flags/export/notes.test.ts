import { FlagDefinition } from '../../../../flags/document/flag';
import type { ExportSource, SourceFlag } from '../../../../flags/export/exported';
import { exportFlagd } from '../../../../flags/export/flagd';
import { exportGrowthBook } from '../../../../flags/export/growthbook';
import { exportUnleash } from '../../../../flags/export/unleash';
import { importUnleash } from '../../../../flags/import/unleash';
import { UnleashState } from '../../../../flags/import/unleash-state';
import { ImportedFlags } from '../../../conformance/imported-flags';
import { givenIo } from '../../../support/cli-io';
import { run } from '../../../../cli/run';
import { ExitCode } from '../../../../cli/exit-codes';

/** Flags by what is special about them: the first is `checkout`. */
const given = (...changes: readonly object[]): ExportSource => ({
  flags: changes.map((change, at): SourceFlag =>
    FlagDefinition.parse({
      key: at === 0 ? 'checkout' : `other-${at}`,
      type: 'boolean',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      offVariant: 'off',
      ...change,
    }),
  ),
  segments: [],
});
const rule = (condition: object, variant = 'on') => ({ name: 'only', if: condition, serve: { variant } });
const told = (notes: readonly { kind: string; item: string; message: string }[], kind: string) =>
  notes.filter((note) => note.kind === kind).map(({ item, message }) => `${item}: ${message}`);

describe('an export', () => {
  it('tells of each remark that has no place there, and of a live rollout', () => {
    const rollout = { id: 'checkout-1', candidate: 'on', weight: 10 };
    const { flags } = given({});
    const { notes } = exportFlagd({ flags: flags.map((flag) => ({ ...flag, rollout })), segments: [] });
    expect(told(notes, 'changed').join()).toMatch(/flags\.checkout\.rollout: rollout 'checkout-1' is live/);
    const { notes: remarks } = exportFlagd(given({ owner: 'pay', tags: ['web'], description: 'x', client: true }));
    expect(remarks.map(({ item }) => item)).toEqual(
      expect.arrayContaining(['owner', 'tags', 'description', 'client'].map((field) => `flags.checkout.${field}`)),
    );
  });

  it.each([
    ['a date', { attribute: 'since', operator: 'before', value: '2026-01-01' }, ['flagd', 'unleash', 'growthbook']],
    ['a range', { attribute: 'ip', operator: 'in_cidr', value: '10.0.0.0/8' }, ['flagd', 'growthbook']],
    ['a pattern', { attribute: 'name', operator: 'matches', value: '^a\\z' }, ['flagd', 'growthbook']],
    ['what is missing', { attribute: 'name', operator: 'exists', value: false }, ['unleash']],
    ['a nested attribute', { attribute: 'user.name', value: 'a' }, ['unleash']],
    ['a segment that is not there', { segment: 'nobody' }, ['flagd', 'unleash', 'growthbook']],
  ])('leaves a flag out as a whole where the system cannot ask for %s', (_what, condition, where) => {
    const source = given({ rules: [rule(condition)] });
    const made = { flagd: exportFlagd(source), unleash: exportUnleash(source), growthbook: exportGrowthBook(source) };
    for (const [system, { document, notes }] of Object.entries(made)) {
      const isOut = where.includes(system);
      expect([system, told(notes, 'left_out').some((note) => note.startsWith('flags.checkout: '))]).toEqual([
        system,
        isOut,
      ]);
      expect([system, JSON.stringify(document).includes('checkout')]).toEqual([system, !isOut]);
    }
  });

  it('leaves a flag out of Unleash that would take too many strategies', () => {
    const pair = (name: string) => ({ any: ['a', 'b'].map((value) => ({ attribute: name, value })) });
    const all = [...'abcdefg'].map(pair);
    const { notes } = exportUnleash(given({ rules: [rule({ all })] }));
    expect(told(notes, 'left_out').join()).toMatch(/more than 100 strategies/);
  });

  it('follows prerequisites as far as the system does', () => {
    const source = given({ prerequisites: [{ flag: 'other-1', variants: ['on'] }] }, {});
    expect(told(exportFlagd(source).notes, 'left_out').join()).toMatch(/no flag depends on another in flagd/);
    const unleash = exportUnleash(source).document.features.find(({ name }) => name === 'checkout');
    expect(unleash?.dependencies).toEqual([{ feature: 'other-1', enabled: true }]);
    expect(exportGrowthBook(source).document.features['checkout']?.rules).toEqual([
      {
        id: 'prerequisite-1',
        parentConditions: [{ id: 'other-1', condition: { $not: { value: { $in: [true] } } } }],
        force: false,
      },
    ]);
  });

  it('says that users of a split are drawn anew, and keeps the shares', () => {
    const split = [
      { variant: 'on', weight: 12.5 },
      { variant: 'off', weight: 87.5 },
    ];
    const source = given({ rules: [{ name: 'some', if: { attribute: 'country', value: 'DE' }, serve: { split } }] });
    const flagd = exportFlagd(source);
    expect(flagd.document.flags['checkout']?.targeting).toEqual({
      if: [
        { '===': [{ var: 'country' }, 'DE'] },
        {
          fractional: [
            ['on', 1],
            ['off', 7],
          ],
        },
        null,
      ],
    });
    expect(exportGrowthBook(source).document.features['checkout']?.rules?.[0]).toMatchObject({
      weights: [0.125, 0.875],
    });
    const unleash = exportUnleash(source);
    expect(unleash.document.features[0]?.strategies[0]?.parameters.rollout).toBe('13');
    expect(told(unleash.notes, 'changed').join()).toMatch(/12\.5 % is 13 % there/);
    for (const { notes } of [flagd, unleash, exportGrowthBook(source)]) {
      expect(told(notes, 'changed').join()).toMatch(/drawn anew/);
    }
  });
});

describe('headgate flag export', () => {
  const file = (condition: object): Record<string, string> => ({
    'flags.json': JSON.stringify(given({ rules: [rule(condition)] }).flags),
  });

  it('writes the document to standard output and what it tells beside it', async () => {
    const io = givenIo({ files: file({ attribute: 'country', value: 'DE' }) });
    expect(await run(['flag', 'export', '--to', 'flagd', '-f', 'flags.json', '--strict'], io)).toBe(ExitCode.Ok);
    expect(JSON.parse(io.out())).toMatchObject({ flags: { checkout: { state: 'ENABLED' } } });
    expect(io.err()).toMatch(/note flags\.checkout\.offVariant/);
  });

  it('writes nothing with --strict when an item is lost', async () => {
    const io = givenIo({ files: file({ attribute: 'ip', operator: 'in_cidr', value: '10.0.0.0/8' }) });
    expect(await run(['flag', 'export', '--to', 'flagd', '-f', 'flags.json', '--strict'], io)).toBe(ExitCode.Usage);
    expect(io.out()).toBe('');
    expect(io.err()).toMatch(/left out flags\.checkout: flagd has no operator for 'in_cidr'/);
  });
});

describe('flags that came from Unleash', () => {
  const features = [
    {
      name: 'colour',
      enabled: true,
      strategies: [
        {
          name: 'flexibleRollout',
          parameters: { rollout: '40', stickiness: 'userId', groupId: 'colour' },
          constraints: [{ contextName: 'country', operator: 'IN', values: ['NO'], inverted: true }],
        },
        { name: 'userWithId', parameters: { userIds: 'u1,u2' } },
      ],
      variants: [
        { name: 'red', weight: 300, stickiness: 'userId', payload: { type: 'string', value: '#f00' } },
        { name: 'green', weight: 300, stickiness: 'userId', payload: { type: 'string', value: '#0f0' } },
        { name: 'blue', weight: 400, stickiness: 'userId', payload: { type: 'string', value: '#00f' } },
      ],
    },
    {
      name: 'ramp',
      enabled: true,
      strategies: [{ name: 'flexibleRollout', parameters: { rollout: '25', stickiness: 'userId', groupId: 'ramp' } }],
    },
  ];

  it('go back with every user where they were', () => {
    const first = importUnleash(UnleashState.parse({ features }));
    const { document, notes } = exportUnleash(first);
    expect(told(notes, 'left_out')).toEqual([]);
    expect(document.features[0]?.strategies.map(({ variants }) => variants.map(({ weight }) => weight))).toEqual([
      [300, 300, 400],
      [300, 300, 400],
      [1000],
    ]);
    const again = new ImportedFlags(importUnleash(UnleashState.parse(JSON.parse(JSON.stringify(document)))));
    const before = new ImportedFlags(first);
    for (let user = 0; user < 500; user += 1) {
      for (const country of ['NO', 'DE']) {
        const context = { targetingKey: `u${user}`, country };
        for (const key of ['colour', 'ramp']) {
          expect([key, context, again.evaluate(key, context).value]).toEqual([
            key,
            context,
            before.evaluate(key, context).value,
          ]);
        }
      }
    }
  });

  it('are left out where a share and its variants are drawn by two groups', () => {
    const [colour] = features;
    const parameters = { rollout: '40', stickiness: 'userId', groupId: 'another' };
    const state = { features: [{ ...colour, strategies: [{ name: 'flexibleRollout', parameters }] }] };
    const { notes } = exportUnleash(importUnleash(UnleashState.parse(state)));
    expect(told(notes, 'left_out').join()).toMatch(/by one group, and here they have two/);
  });
});
