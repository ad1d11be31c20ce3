import { createAttributionActivity, type AttributionDependencies } from '../../../activities/attribution-activity';
import { prometheusCauseSeries } from '../../../activities/read-cause-series';
import type { AttributionRequest } from '../../../activities/rollout-activities';
import type { DecisionRecord } from '../../../flags/document/decision-record';
import type { Flag } from '../../../flags/document/flag';
import type { Stratum } from '../../../metrics/windows';
import type { StoredAttribution } from '../../../store/attributions-repository';
import { givenFlag, givenPlan } from '../../support/flag-builders';
import { FIRST_WINDOW, givenStratum } from '../../support/stratum-builders';

const WINDOW_MS = 5_000;
const WINDOWS = 180;
// The start of a step of 15 seconds.
const TROUBLE = 152;
const DECIDED_AT = FIRST_WINDOW + WINDOWS * WINDOW_MS;
const TROUBLE_AT = FIRST_WINDOW + TROUBLE * WINDOW_MS;

/** Windows in which the candidate, or both arms, err more from some window on. */
const givenStrata = (who: 'candidate' | 'both'): Stratum[] =>
  Array.from({ length: WINDOWS }, (_, window) => {
    const usual = 2 + (window % 3);
    const errors = window >= TROUBLE ? 40 + (window % 3) : usual;
    return givenStratum(window, { candidate: { errors }, control: { errors: who === 'both' ? errors : usual } });
  });

/** Another flag with one raise. */
function givenOther(key: string, atMs: number): { flag: Flag; record: DecisionRecord } {
  const _id = `production/${key}`;
  const record = {
    _id: `${_id}:7`,
    flagId: _id,
    revision: 7,
    at: new Date(atMs).toISOString(),
    actor: { kind: 'workflow', name: 'rollout', verified: true },
    action: 'rollout.raise',
    reason: 'bake served',
    weightBefore: 5,
    weightAfter: 20,
    changes: [],
    previousHash: '',
    hash: '',
  } satisfies DecisionRecord;
  return { flag: { ...givenFlag({ _id, key }), schemaVersion: 1, revision: 7, lastChange: record }, record };
}

function given({ strata, others = [] }: { strata: Stratum[]; others?: ReturnType<typeof givenOther>[] }) {
  const stored = new Map<string, StoredAttribution>();
  const own = givenOther('checkout', DECIDED_AT);
  const all = [own, ...others];
  const dependencies: AttributionDependencies = {
    flags: {
      revisions: async () => all.map(({ flag: { _id, revision } }) => ({ _id, revision })),
      many: async (ids) => all.map(({ flag }) => flag).filter(({ _id }) => ids.includes(_id)),
    },
    segments: { list: async () => [] },
    decisions: { byFlag: async (id) => all.filter(({ flag }) => flag._id === id).map(({ record }) => record) },
    source: { fetchStrata: async ({ fromMs }) => strata.filter(({ windowStartAt }) => windowStartAt >= fromMs) },
    attributions: {
      add: async (each) => !stored.has(each._id) && stored.set(each._id, each) !== undefined,
      byRollout: async () => [...stored.values()],
    },
    clock: { nowMs: () => DECIDED_AT + 10_000 },
  };
  return { dependencies, stored };
}

const request = (
  look: Partial<AttributionRequest['look']> = {},
  change: Partial<AttributionRequest> = {},
): AttributionRequest => ({
  rolloutId: 'r1',
  environment: 'production',
  flagKey: 'checkout',
  plan: givenPlan(),
  control: 'off',
  transition: 3,
  action: 'rollout.roll_back',
  weights: { 1: 50 },
  raisedAtMs: FIRST_WINDOW,
  bakeMs: 60_000,
  look: {
    at: new Date(DECIDED_AT).toISOString(),
    verdict: 'rollback',
    reasons: [{ code: 'GUARDRAIL_HARM', text: 'errors are worse' }],
    metrics: [
      {
        metric: 'errors',
        control: 0.015,
        candidate: 0.2,
        harm: 0.185,
        harmLower: 0.1,
        harmUpper: 0.25,
        margin: 0.0115,
        harmEvidence: 5000,
        safetyShown: false,
      },
    ],
    harmEvidence: 5000,
    dataQuality: 'ok',
    sample: { control: 1000, candidate: 1000 },
    tension: 1,
    digest: '',
    ...look,
  },
  ...change,
});

const alike = {
  reasons: [{ code: 'SHARED_FAULT', text: 'both arms' }],
  metrics: request().look.metrics.map((metric) => ({ ...metric, harm: 0, harmLower: -0.02, harmEvidence: 0.4 })),
};

describe('looking for the causes of a lowering', () => {
  it('keeps this rollout as the cause when the arms differ, and clears what another flag did', async () => {
    const { dependencies, stored } = given({
      strata: givenStrata('candidate'),
      others: [givenOther('search', TROUBLE_AT - 30_000), givenOther('old', FIRST_WINDOW - 86_400_000)],
    });
    await createAttributionActivity(dependencies).attribute(request());
    const found = stored.get('r1/3');
    expect(found?.attribution).toMatchObject({ kind: 'rollout', metric: 'errors', onsetAtMs: TROUBLE_AT });
    expect(found?.attribution.causes.map(({ subject }) => subject.name)).toEqual(['checkout']);
    expect(found?.attribution.cleared.map(({ subject }) => subject.name)).toEqual(['search']);
    expect(found?.missing).toEqual([]);
  });

  it('finds the flag that was raised before an incident, and the machine that moved with it', async () => {
    const { dependencies, stored } = given({
      strata: givenStrata('both'),
      others: [givenOther('search', TROUBLE_AT - 30_000)],
    });
    const asked: string[] = [];
    const causeSeries = prometheusCauseSeries(
      [
        { name: 'database', kind: 'infrastructure', source: 'main', expression: 'db_seconds' },
        { name: 'cpu', kind: 'infrastructure', source: 'main', expression: 'cpu' },
        { name: 'queue', kind: 'dependency', source: 'elsewhere', expression: 'queue' },
      ],
      new Map([
        [
          'main',
          {
            config: { environments: ['production'] },
            async range(expression, { fromMs, toMs, stepMs }) {
              asked.push(expression);
              const values: [number, string][] = [];
              for (let at = fromMs; at <= toMs; at += stepMs) {
                const noise = ((at / stepMs) % 5) / 100;
                const level = expression === 'db_seconds' && at > TROUBLE_AT - 45_000 ? 9 : 1;
                values.push([at / 1000, String(level + noise)]);
              }
              return [{ metric: {}, values: values.map(([at, value]) => [at, Number(value)]), histograms: 0 }] as never;
            },
          },
        ],
      ]),
    );
    await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request(alike));
    const found = stored.get('r1/3');
    expect(asked).toEqual(['db_seconds', 'cpu']);
    expect(found?.attribution.kind).toBe('incident');
    expect(found?.attribution.causes.map(({ subject }) => subject.name).sort()).toEqual(['database', 'search']);
    expect(found?.attribution.cleared.map(({ subject }) => subject.name).sort()).toEqual(['checkout', 'cpu']);
    expect(found?.missing).toEqual(["queue: no Prometheus 'elsewhere' is configured for environment 'production'"]);
  });

  it('goes on without series of a Prometheus that does not answer, and says so', async () => {
    const { dependencies, stored } = given({ strata: givenStrata('candidate') });
    const causeSeries = prometheusCauseSeries(
      [{ name: 'cpu', kind: 'infrastructure', source: 'main', expression: 'cpu' }],
      new Map([['main', { config: {}, range: () => Promise.reject(new Error('connection refused')) }]]),
    );
    await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request());
    expect(stored.get('r1/3')).toMatchObject({
      attribution: { kind: 'rollout' },
      missing: ['cpu: connection refused'],
    });
  });

  it('asks no Prometheus that is not for the environment', async () => {
    const { dependencies, stored } = given({ strata: givenStrata('candidate') });
    const range = jest.fn();
    const causeSeries = prometheusCauseSeries(
      [{ name: 'cpu', kind: 'infrastructure', source: 'main', expression: 'cpu' }],
      new Map([['main', { config: { environments: ['staging'] }, range }]]),
    );
    await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request());
    expect(range).not.toHaveBeenCalled();
    expect(stored.get('r1/3')?.missing).toEqual([
      "cpu: no Prometheus 'main' is configured for environment 'production'",
    ]);
  });

  describe('with a graph of services', () => {
    const services = [
      { name: 'shop', calls: ['payment', 'search'], source: 'main' },
      { name: 'payment', calls: ['database'], source: 'main', errors: 'payment', requests: 'requests' },
      { name: 'database', calls: [], source: 'main', errors: 'database', requests: 'requests' },
      { name: 'search', calls: [], source: 'main', errors: 'search', requests: 'requests' },
    ];
    const plan = { ...givenPlan(), dependencies: { service: 'shop', services } };
    const prometheusWith = (troubled: readonly string[], asked: string[] = []) =>
      prometheusCauseSeries(
        [],
        new Map([
          [
            'main',
            {
              config: {},
              async range(expression, { fromMs, toMs, stepMs }) {
                asked.push(expression);
                const values: [number, number][] = [];
                for (let at = fromMs; at <= toMs; at += stepMs) {
                  const level = troubled.includes(expression) && at > TROUBLE_AT ? 0.19 : 0.01;
                  values.push([at / 1000, expression === 'requests' ? 1200 : level + ((at / stepMs) % 3) / 1000]);
                }
                return [{ metric: {}, values, histograms: 0 }] as never;
              },
            },
          ],
        ]),
      );

    it('finds the service at which the excess of both arms ends, and not the one that only passes it on', async () => {
      const { dependencies, stored } = given({ strata: givenStrata('both') });
      const asked: string[] = [];
      const causeSeries = prometheusWith(['payment', 'database'], asked);
      await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request(alike, { plan }));
      const [first] = stored.get('r1/3')?.attribution.causes ?? [];
      expect(first).toMatchObject({ subject: { kind: 'dependency', name: 'database' }, strength: 'moderate' });
      expect(first?.evidence[0]).toMatchObject({ code: 'EXCESS_ENDS_THERE' });
      expect(stored.get('r1/3')?.attribution.causes.map(({ subject }) => subject.name)).not.toContain('payment');
      expect(new Set(asked)).toEqual(new Set(['payment', 'database', 'search', 'requests']));
    });

    it('blames a service that nothing below explains, and none that stood still', async () => {
      const { dependencies, stored } = given({ strata: givenStrata('both') });
      const causeSeries = prometheusWith(['payment']);
      await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request(alike, { plan }));
      expect(stored.get('r1/3')?.attribution.causes.map(({ subject }) => subject.name)).toEqual(['payment']);
    });

    it('asks for nothing when the arms alone differ', async () => {
      const { dependencies, stored } = given({ strata: givenStrata('candidate') });
      const asked: string[] = [];
      const causeSeries = prometheusWith(['database'], asked);
      await createAttributionActivity({ ...dependencies, causeSeries }).attribute(request({}, { plan }));
      expect(asked).toEqual([]);
      expect(stored.get('r1/3')?.attribution.causes.map(({ subject }) => subject.name)).toEqual(['checkout']);
    });
  });

  it('names the segment that is harmed alone', async () => {
    const { dependencies, stored } = given({ strata: [] });
    const segments = [
      {
        segment: 'eu',
        excluded: false,
        harmed: true,
        harmEvidence: 900,
        metric: 'errors',
        control: 0.01,
        candidate: 0.2,
        harm: 0.1,
      },
    ];
    const reasons = [{ code: 'SEGMENT_HARM', text: 'eu is harmed' }];
    await createAttributionActivity(dependencies).attribute(request({ ...alike, reasons, segments }));
    const found = stored.get('r1/3')?.attribution;
    expect(found).toMatchObject({ kind: 'rollout', causes: [{ subject: { kind: 'rollout' }, strength: 'strong' }] });
    expect(found?.summary).toContain('errors of segment eu');
  });

  it('keeps the first result when it is repeated', async () => {
    const { dependencies, stored } = given({ strata: givenStrata('candidate') });
    const { attribute } = createAttributionActivity(dependencies);
    await attribute(request());
    const first = stored.get('r1/3');
    await attribute(request(alike));
    expect(stored.get('r1/3')).toBe(first);
    await attribute(request({}, { transition: 5 }));
    expect([...stored.keys()]).toEqual(['r1/3', 'r1/5']);
  });

  it('has an answer without any window', async () => {
    const { dependencies, stored } = given({ strata: [] });
    await createAttributionActivity(dependencies).attribute(request());
    expect(stored.get('r1/3')?.attribution).toMatchObject({ kind: 'rollout', onsetAtMs: null });
  });
});
