import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExperimentFile } from '../../../flags/experiment/experiment-file';
import { parseExperiment } from '../../../flags/experiment/resolve-experiment';

const page = readFileSync(join(__dirname, '../../../docs/experiments.md'), 'utf8');

describe('docs/experiments.md', () => {
  it('has an example that is read as it says', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { experiment } = parseExperiment(example);
    expect(experiment).toMatchObject({
      armWeight: 20,
      roles: { buyers: 'primary', basket: 'secondary', errors: 'guardrail' },
      durationMs: 14 * 86_400_000,
      minimumDurationMs: 7 * 86_400_000,
    });
  });

  it('explains every field of a file', () => {
    const explained = [...page.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, field]) => field),
    );
    expect(Object.keys(ExperimentFile.shape).filter((field) => !explained.includes(field))).toEqual([]);
  });
});
