import fc from 'fast-check';
import { orderMembers } from '../../../../flags/group/order-members';

const flag = (key: string, ...needs: string[]) => ({
  key,
  prerequisites: needs.map((one) => ({ flag: one, variants: ['on'] })),
});
const member = (name: string, ...after: string[]) => ({ flag: name, after });

describe('orderMembers', () => {
  it('puts a member after what its flag needs, by way of flags outside the group too', () => {
    const order = orderMembers([member('c'), member('b'), member('a')], [flag('c', 'x'), flag('x', 'a'), flag('b')]);
    expect(order).toMatchObject({ kind: 'ordered', levels: [['b', 'a'], ['c']] });
  });

  it('shows the way of a circle', () => {
    expect(orderMembers([member('a', 'b'), member('b')], [flag('b', 'a')])).toEqual({
      kind: 'cycle',
      path: ['a', 'b', 'a'],
    });
  });

  it('places each member once, and after all it waits for, whatever the graph without circles', () => {
    const edges = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 40 });
    fc.assert(
      fc.property(edges, (pairs) => {
        // An edge always leads to a lower number, so there is no circle.
        const needs = (of: number): string[] =>
          pairs.flatMap(([a, b]) => (Math.max(a, b) === of && a !== b ? [`f${Math.min(a, b)}`] : []));
        const keys = [...Array(10).keys()];
        const flags = keys.map((one) => flag(`f${one}`, ...needs(one)));
        const order = orderMembers(
          keys.toReversed().map((one) => member(`f${one}`)),
          flags,
        );
        if (order.kind !== 'ordered') throw new Error('a circle was seen where there is none');
        const placed = order.levels.flat();
        expect([...placed].sort()).toEqual(flags.map(({ key }) => key).sort());
        const levelOf = (key: string): number => order.levels.findIndex((level) => level.includes(key));
        for (const { key, prerequisites } of flags)
          for (const one of prerequisites) expect(levelOf(one.flag)).toBeLessThan(levelOf(key));
      }),
    );
  });
});
