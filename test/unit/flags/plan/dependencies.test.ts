import { parsePlan } from '../../../../flags/plan/parse-plan';

const planOf = (dependencies: unknown) => () =>
  parsePlan(JSON.stringify({ flag: 'checkout', candidate: 'on', dependencies }), { environment: 'production' });
const issuesOf = (dependencies: unknown): { field: string; message: string }[] => {
  try {
    planOf(dependencies)();
  } catch (error) {
    return (error as { issues: { field: string; message: string }[] }).issues;
  }
  return [];
};

describe('dependencies of a plan', () => {
  it('are filled in, and left out where none are written', () => {
    const services = [
      { name: 'shop', calls: ['payment'] },
      { name: 'payment', errors: 'payment_failed / payment_total' },
    ];
    expect(planOf({ service: 'shop', services })().plan.dependencies).toEqual({
      service: 'shop',
      services: [
        { name: 'shop', calls: ['payment'], source: 'default' },
        { name: 'payment', calls: [], source: 'default', errors: 'payment_failed / payment_total' },
      ],
    });
    expect(planOf(undefined)().plan).not.toHaveProperty('dependencies');
  });

  it('refuse a circle, naming it', () => {
    const services = [
      { name: 'shop', calls: ['payment'] },
      { name: 'payment', calls: ['bank'] },
      { name: 'bank', calls: ['payment'] },
    ];
    expect(issuesOf({ service: 'shop', services })).toMatchObject([
      {
        field: 'dependencies.services',
        message: expect.stringContaining('payment → bank → payment is a circle') as string,
      },
    ]);
    expect(issuesOf({ service: 'shop', services: [{ name: 'shop', calls: ['shop'] }] })).toMatchObject([
      { message: expect.stringContaining('shop → shop is a circle') as string },
    ]);
  });

  it('take two ways to the same service for no circle', () => {
    const services = [
      { name: 'shop', calls: ['payment', 'search'] },
      { name: 'payment', calls: ['database'] },
      { name: 'search', calls: ['database'] },
      { name: 'database' },
    ];
    expect(issuesOf({ service: 'shop', services })).toEqual([]);
  });

  it('refuse names that stand twice or nowhere, and a service of the flag that is none of them', () => {
    const services = [{ name: 'shop', calls: ['paiment'] }, { name: 'payment' }, { name: 'payment' }];
    expect(issuesOf({ service: 'store', services }).map(({ field }) => field)).toEqual([
      'dependencies.service',
      'dependencies.services[0].calls[0]',
      'dependencies.services[2].name',
    ]);
  });

  it('refuse what no service can be called', () => {
    expect(issuesOf({ service: 'shop', services: [{ name: 'shop front' }] })[0]?.field).toContain('services[0].name');
  });
});
