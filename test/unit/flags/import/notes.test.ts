import { importGrowthBook } from '../../../../flags/import/growthbook';
import { GrowthBookPayload } from '../../../../flags/import/growthbook-payload';
import { importUnleash } from '../../../../flags/import/unleash';
import { UnleashState } from '../../../../flags/import/unleash-state';
import { ImportedFlags } from '../../../conformance/imported-flags';

const unleash = (features: unknown[]) => importUnleash(UnleashState.parse({ version: 1, features }));
const growthBook = (features: Record<string, unknown>, rest = {}) =>
  importGrowthBook(GrowthBookPayload.parse({ features, ...rest }));

describe('what an import of Unleash tells of', () => {
  it('requests that Unleash draws at random', () => {
    const strategies = [{ name: 'gradualRolloutRandom', parameters: { percentage: '30' } }];
    expect(unleash([{ name: 'f', enabled: true, strategies }]).notes).toEqual([
      { item: 'features.f.strategies[0]', kind: 'changed', message: expect.stringContaining('at random') as string },
    ]);
  });

  it('variants that Unleash draws at random, which are drawn by user here', () => {
    const variants = [
      { name: 'a', weight: 1, stickiness: 'random' },
      { name: 'b', weight: 1, stickiness: 'random' },
    ];
    const imported = unleash([{ name: 'f', enabled: true, strategies: [{ name: 'default' }], variants }]);
    expect(imported.notes).toContainEqual({
      item: 'features.f.strategies[0].variants',
      kind: 'changed',
      message: expect.stringMatching(/for each request; here it is drawn by user/) as string,
    });
    const flags = new ImportedFlags(imported);
    const served = Array.from({ length: 20 }, (_, user) => flags.evaluate('f', { targetingKey: `u${user}` }).variant);
    expect(new Set(served)).toEqual(new Set(['a', 'b']));
  });

  it('a strategy that it does not know, whose feature is then on for nobody', () => {
    const { flags, notes } = unleash([{ name: 'f', enabled: true, strategies: [{ name: 'our-own' }] }]);
    expect(flags[0]).toMatchObject({ defaultVariant: 'off', rules: [] });
    expect(notes[0]).toMatchObject({ kind: 'left_out', item: 'features.f.strategies[0]' });
  });

  it('names that are other here, and payloads of several kinds', () => {
    const variants = [
      { name: 'a.b', weight: 1, payload: { type: 'number', value: '1' } },
      { name: 'off', weight: 1, payload: { type: 'string', value: 'x' } },
    ];
    const { flags, notes } = unleash([{ name: 'f', enabled: true, strategies: [{ name: 'default' }], variants }]);
    expect(flags[0]).toMatchObject({ type: 'string', variants: { a_b: '1', off_2: 'x', on: '', off: '' } });
    expect(notes.map(({ message }) => message)).toContain("variant 'a.b' is named 'a_b' here");
  });

  it.each([
    ['currentTime', 'DATE_AFTER', '2030-01-01T00:00:00Z', /no 'currentTime' Unleash takes the present/],
    ['anything', 'DATE_BEFORE', '2030-01-01T00:00:00Z', /no 'currentTime' Unleash takes the present/],
    ['appName', 'STR_CONTAINS', 'shop', /no 'appName' Unleash takes the name/],
  ])('what its clients know by themselves: %s %s', (contextName, operator, value, why) => {
    const constraints = [{ contextName, operator, value, values: [value] }];
    const features = [{ name: 'f', enabled: true, strategies: [{ name: 'default', constraints }] }];
    const { flags, notes } = unleash(features);
    expect(notes).toEqual([
      { item: 'features.f.strategies[0]', kind: 'changed', message: expect.stringMatching(why) as string },
    ]);
    const asked = operator.startsWith('DATE_') ? 'currentTime' : contextName;
    expect(flags[0]?.rules[0]?.if).toMatchObject({ unleash: { contextName: asked } });
  });

  it('a feature that no flag can be, and one that depends on it', () => {
    const variants = [
      { name: 'a', weight: 1, payload: { type: 'string', value: 'x' } },
      { name: 'a', weight: 1, payload: { type: 'string', value: 'y' } },
    ];
    const { flags, notes } = unleash([
      { name: 'child', enabled: true, dependencies: [{ feature: 'parent' }] },
      { name: 'other', enabled: true },
      { name: 'parent', enabled: true, strategies: [{ name: 'default' }], variants },
    ]);
    expect(flags.map(({ key }) => key)).toEqual(['other']);
    expect(notes).toContainEqual({
      item: 'features.child',
      kind: 'left_out',
      message: "it depends on 'parent', which is left out",
    });
  });

  it('a name that no flag can have', () => {
    const { flags, notes } = unleash([{ name: 'a/b', enabled: true }]);
    expect(flags).toEqual([]);
    expect(notes[0]).toMatchObject({ kind: 'left_out', item: 'features.a/b' });
  });
});

describe('what an import of GrowthBook tells of', () => {
  it.each([
    [{ defaultValue: 1, rules: [{ force: 'one' }] }, /several types/],
    [{ defaultValue: 1, rules: [{ force: null }] }, /null/],
    [
      { defaultValue: 1, rules: [{ parentConditions: [{ id: 'p', condition: { value: 1 } }] }] },
      /depends on the value of 'p'/,
    ],
  ])('a feature that cannot be expressed: %j', (feature, why) => {
    const { flags, notes } = growthBook({ f: feature, p: { defaultValue: 1 } });
    expect(flags.map(({ key }) => key)).toEqual(['p']);
    expect(notes).toEqual([{ item: 'features.f', kind: 'left_out', message: expect.stringMatching(why) as string }]);
  });

  it('fields of a rule that it does not know, and experiments on pages', () => {
    const { notes } = growthBook(
      { f: { defaultValue: 1, rules: [{ force: 2, newField: true }] } },
      { experiments: [{}] },
    );
    expect(notes.map(({ item }) => item)).toEqual(['features.f.rules[0].newField', 'experiments']);
  });

  it('a feature that has no value anywhere, of which no type is known', () => {
    const { flags, notes } = growthBook({ f: {}, g: { defaultValue: null, rules: [{ condition: { a: 1 } }] } });
    expect(flags).toMatchObject([
      { key: 'f', type: 'boolean' },
      { key: 'g', type: 'boolean' },
    ]);
    expect(flags.map(({ defaultVariant }) => defaultVariant)).toEqual([undefined, undefined]);
    expect(notes).toEqual(
      ['f', 'g'].map((key) => ({
        item: `features.${key}`,
        kind: 'noted',
        message: expect.stringMatching(/no value anywhere.*boolean/) as string,
      })),
    );
    expect(growthBook({ f: { defaultValue: false } }).notes).toEqual([]);
  });

  it('a gate that never opens', () => {
    const rules = [{ parentConditions: [{ id: 'missing', condition: { value: true }, gate: true }] }];
    const { flags, notes } = growthBook({ f: { defaultValue: true, rules } });
    expect(flags[0]).toMatchObject({ enabled: false });
    expect(notes[0]).toMatchObject({ kind: 'noted' });
  });
});

describe('an item that cannot be read', () => {
  it('is one with lists that are too long for a flag', () => {
    const values = Array.from({ length: 60_000 }, (_, user) => `user-${user}`);
    const constraints = [{ contextName: 'userId', operator: 'IN', values }];
    const { flags, notes } = unleash([
      { name: 'long', enabled: true, strategies: [{ name: 'default', constraints }] },
      { name: 'short', enabled: true },
    ]);
    expect(flags.map(({ key }) => key)).toEqual(['short']);
    expect(notes).toEqual([
      { item: 'features.long', kind: 'left_out', message: expect.stringMatching(/long lists belong/) as string },
    ]);
  });

  it('is left out and told, and keeps no other away', () => {
    const good = { name: 'good', enabled: true };
    const { flags, notes } = unleash([{ name: 'bad', enabled: 'yes' }, good, { enabled: true }]);
    expect(flags.map(({ key }) => key)).toEqual(['good']);
    expect(notes.map(({ item, kind }) => [item, kind])).toEqual([
      ['features.bad', 'left_out'],
      ['features.[2]', 'left_out'],
    ]);
    const there = growthBook({ bad: { rules: [{ coverage: 'all' }] }, good: { defaultValue: 1 }, odd: 5 });
    expect(there.flags.map(({ key }) => key)).toEqual(['good']);
    expect(there.notes.map(({ item, kind }) => [item, kind])).toEqual([
      ['features.bad', 'left_out'],
      ['features.odd', 'left_out'],
    ]);
  });

  it('is none for a field that is null', () => {
    const rules = [{ force: 2, coverage: null, hashAttribute: null, condition: null }];
    const { flags, notes } = growthBook({ f: { defaultValue: 1, rules }, g: { defaultValue: 1, rules: null } });
    expect(flags.map(({ defaultVariant }) => defaultVariant)).toEqual(['value-2', 'default']);
    expect(notes).toEqual([]);
  });
});
