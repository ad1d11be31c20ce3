import { parseLabel, parseNumber, parseTime } from '../../../../cli/offline/parse-cell';

describe('cells', () => {
  it.each([
    ['12', 12],
    [' -3.5e2 ', -350],
    ['True', 1],
    ['no', 0],
    ['', Number.NaN],
    ['N/A', Number.NaN],
    ['abc', undefined],
    ['1e999', undefined],
    ['0x10', undefined],
  ])('reads %j as the number %j', (cell, value) => expect(parseNumber(cell)).toEqual(value));

  it.each([
    ['1', 1],
    ['0.0', 0],
    ['3', 1],
    ['FALSE', 0],
    ['buggy', 1],
    ['Clean', 0],
    ['', Number.NaN],
    ['maybe', undefined],
  ])('reads %j as the label %j', (cell, value) => expect(parseLabel(cell)).toEqual(value));

  it.each([
    '1493812800',
    '1493812800000',
    '1493812800000000',
    '2017-05-03T12:00:00Z',
    '2017-05-03 12:00:00',
    '2017-05-03 14:00:00 +0200',
    '2017-05-03 14:00:00+02:00',
    '2017-05-03 12:00:00.000000 UTC',
    'Wed May 3 14:00:00 2017 +0200',
    'Wed, 3 May 2017 12:00:00 GMT',
    '2017/05/03 12:00',
  ])('reads %j as the same instant', (cell) =>
    expect(parseTime(cell)).toEqual({ value: Date.UTC(2017, 4, 3, 12), isInstant: true }),
  );

  it('reads a bare date as midnight in UTC, wherever it runs', () => {
    expect(parseTime('2017-5-3')).toEqual({ value: Date.UTC(2017, 4, 3), isInstant: true });
  });

  it('takes a small number for an order, and refuses a date that can be read two ways', () => {
    expect(parseTime('17')).toEqual({ value: 17, isInstant: false });
    expect(parseTime('03/05/2017')).toBeUndefined();
    expect(parseTime('soon')).toBeUndefined();
    expect(parseTime('')?.value).toBeNaN();
  });

  it.each([
    '2017-02-31',
    '2017-02-29 12:00:00 +0200',
    '2017/04/31 12:00',
    '2017-04-31T12:00:00Z',
    'Fri, 31 Feb 2017 12:00:00 GMT',
    'Wed Jun 31 14:00:00 2017 +0200',
    '31 June 2017',
    'February 29, 2017',
  ])('refuses %j, a day that does not exist', (cell) => expect(parseTime(cell)).toBeUndefined());

  it.each([
    ['29 February 2016', Date.UTC(2016, 1, 29)],
    ['Mon Feb 29 00:00:00 2016 +0000', Date.UTC(2016, 1, 29)],
    ['2016-02-29', Date.UTC(2016, 1, 29)],
    ['Sat, 31 Dec 2016 00:00:00 GMT', Date.UTC(2016, 11, 31)],
  ])('reads %j', (cell, value) => expect(parseTime(cell)).toEqual({ value, isInstant: true }));
});
