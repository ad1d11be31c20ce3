import { RecentMap } from '../../../core/recent-map';

describe('a recent map', () => {
  it('forgets the oldest entries when it holds more than it may, and those alone', () => {
    const map = new RecentMap<string>(6, (value) => value.length);
    map.put('a', 'aaa');
    map.put('b', 'bb');
    // Put in again: now the newest, and counted once.
    map.put('a', 'aaaa');
    expect([map.get('a'), map.get('b')]).toEqual(['aaaa', 'bb']);
    map.put('c', 'c');
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual(['aaaa', undefined, 'c']);
  });

  it('hands an entry out once when it is taken', () => {
    const map = new RecentMap<number>(2);
    map.put('a', 1);
    expect([map.take('a'), map.take('a')]).toEqual([1, undefined]);
  });

  it('keeps nothing that is larger than the whole', () => {
    const map = new RecentMap<string>(3, (value) => value.length);
    map.put('a', 'a');
    map.put('b', 'bbbb');
    expect([map.get('a'), map.get('b')]).toEqual([undefined, undefined]);
  });
});
