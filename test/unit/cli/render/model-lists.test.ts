import type { ModelAnswer, ModelDriftAnswer } from '../../../../cli/api/answers';
import { modelDetails, modelList } from '../../../../cli/render/model-lists';
import { plainStyle } from '../../../../cli/render/style';

const model: ModelAnswer = {
  version: 'failure/3',
  stage: 'champion',
  configuration: { model: 'auto' },
  features: ['change.la'],
  data: { fingerprint: 'f', rows: 200, failures: 20 },
  metrics: { auc: 0.8 },
  codeVersion: '1.0.0',
  seed: 1,
  trainedAt: 'T1',
  trainedBy: 'schedule',
  sizeBytes: 10,
};

function linesOf(drift: Partial<ModelDriftAnswer['inputs']>, alerts: ModelDriftAnswer['alerts'] = []): string[] {
  const inputs = { status: 'watched' as const, changes: 80, needed: 30, evidenceNeeded: 40, features: [], ...drift };
  return modelDetails({ ...model, drift: { at: 'T2', inputs, alerts } }, plainStyle);
}

const alert = { drift: 'inputs' as const, since: 'T3', text: 'failure/3 is asked of other changes', isTold: false };

describe('a model with the drift of its inputs', () => {
  it('says what has drifted by how much, and whether anybody was told', () => {
    const features = [
      { feature: 'change.la', evidence: 1234, stability: 0.314, isDrifted: true },
      { feature: 'change.exp', evidence: 1.5, stability: 0, isDrifted: false },
    ];
    expect(linesOf({ features }, [alert])).toEqual(
      expect.arrayContaining([
        'inputs have drifted, over 80 changes since its training:',
        '  change.la: evidence 1234 of 40, stability index 0.31 beyond chance, drifted',
        '  change.exp: evidence 1.5 of 40, stability index 0.00 beyond chance',
        'alert of inputs since T3, which no receiver of webhooks has taken yet',
      ]),
    );
  });

  it('says that changes are too few, or that there is nothing to compare them with', () => {
    expect(linesOf({ status: 'too_few', changes: 4 })).toContain(
      'inputs: 4 changes since its training are too few to tell, 30 are needed',
    );
    expect(linesOf({ status: 'no_rows', changes: 0 }).join('\n')).toContain(
      'the rows it has learned from are not known',
    );
    expect(linesOf({}).join('\n')).toContain('inputs not shown to have drifted');
  });

  it('stands below the list while it lasts', () => {
    const inputs = { status: 'watched' as const, changes: 80, needed: 30, evidenceNeeded: 40, features: [] };
    const listed = (alerts: ModelDriftAnswer['alerts']): string[] =>
      modelList([{ ...model, drift: { at: 'T2', inputs, alerts } }], plainStyle);
    expect(listed([alert]).at(-1)).toBe('failure/3 is asked of other changes');
    expect(listed([])).toHaveLength(2);
  });
});
