import { ValidationError } from '../../../../core/errors';
import { parsePlan } from '../../../../flags/plan/parse-plan';

function planWith(metric: string, rest = ''): string {
  return `flag: checkout-v2\ncandidate: 'on'\nenvironment: production\n${rest}metrics:\n  - ${metric}\n`;
}

function whenResolved(metric: string, rest?: string) {
  return parsePlan(planWith(metric, rest)).plan;
}

function issuesOf(metric: string, rest?: string): string[] {
  try {
    parsePlan(planWith(metric, rest));
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.issues.map(({ field, message }) => `${field}: ${message}`);
  }
}

describe('a metric per user', () => {
  it.each([
    ['{ name: m, kind: error_rate, per: user }', 'error_rate', 'any_error', 'lower_is_better', 'request'],
    [
      '{ name: m, kind: slower_than, threshold: 1s, per: user }',
      'slower_than',
      'any_slow',
      'lower_is_better',
      'request',
    ],
    [
      '{ name: m, kind: events_per_exposure, event: ticket, per: user }',
      'mean_value',
      'count',
      'lower_is_better',
      'ticket',
    ],
    ['{ name: m, kind: mean_value, per: user }', 'mean_value', 'mean', 'lower_is_better', 'request'],
    ['{ name: m, kind: conversion_rate, event: order, margin: 1pp }', 'error_rate', 'any', 'higher_is_better', 'order'],
    ['{ name: m, kind: total_per_user, event: order }', 'mean_value', 'total', 'higher_is_better', 'order'],
  ])('written as %s is judged as %s of %s', (written, kind, measure, direction, event) => {
    const [metric] = whenResolved(written).metrics;
    expect(metric).toMatchObject({ kind, direction, event: 'user:m', perUser: { event, measure } });
  });

  it('follows users for half of the shortest bake, in whole windows, five minutes at most', () => {
    const metric = '{ name: m, kind: conversion_rate }';
    expect(whenResolved(metric).followUsersMs).toBe(300_000);
    expect(whenResolved(metric, 'bake: 1m\n').followUsersMs).toBe(30_000);
    expect(whenResolved(metric, 'bake: 2h\n').followUsersMs).toBe(300_000);
    expect(whenResolved(metric, 'followUsers: 61s\nwindow: 30s\n').followUsersMs).toBe(90_000);
  });

  it('leaves plans without one as they were, so that the identity of their starts stays', () => {
    const plan = whenResolved('{ name: m, kind: error_rate, per: request }');
    expect(plan).not.toHaveProperty('followUsersMs');
    expect(plan.metrics[0]).toEqual({
      name: 'm',
      role: 'guardrail',
      kind: 'error_rate',
      event: 'request',
      direction: 'lower_is_better',
      margin: { absolute: 0.005, relative: 0.1 },
    });
  });

  it.each([
    ['{ name: m, kind: quantile, quantile: p99, per: user }', 'metrics[0].per: user does not suit this kind: quantile'],
    ['{ name: m, kind: distribution, per: user }', 'metrics[0].per: user does not suit this kind: distribution'],
    [
      '{ name: m, kind: ratio, denominator: { event: o }, per: user }',
      'metrics[0].per: user does not suit this kind: ratio',
    ],
    ['{ name: m, kind: conversion_rate, per: request }', 'metrics[0].per: conversion_rate is of users by its nature'],
    ['{ name: m, kind: conversion_rate, factor: 0.9 }', 'metrics[0].factor: a metric per user is known only when'],
    ['{ name: m, kind: conversion_rate, threshold: 3 }', 'metrics[0].threshold: conversion_rate has no threshold'],
    [
      '{ name: m, kind: error_rate, per: user, prometheus: { requests: \'r{variant="{{variant}}"}\', errors: \'e{variant="{{variant}}"}\' } }',
      'metrics[0].per: Prometheus knows no users',
    ],
  ])('is refused as %s', (written, message) => {
    expect(issuesOf(written)).toEqual([expect.stringContaining(message)]);
  });

  it('says when users would be followed for longer than a step lasts, or for nothing', () => {
    expect(issuesOf('{ name: m, kind: conversion_rate }', 'bake: 5m\nfollowUsers: 5m\n')).toEqual([
      expect.stringContaining('followUsers: 5m is not shorter than the shortest bake, 5m'),
    ]);
    expect(issuesOf('{ name: m, kind: error_rate }', 'followUsers: 1m\n')).toEqual([
      expect.stringContaining('followUsers: no metric is per user'),
    ]);
  });
});
