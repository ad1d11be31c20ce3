import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../../../changes/features/catalogue';

const page = readFileSync(join(__dirname, '../../../docs/prediction.md'), 'utf8');

describe('docs/prediction.md', () => {
  it('lists every feature of the catalogue with its unit and meaning, and no other', () => {
    const rows = [...page.matchAll(/^\| `(\w+\.\w+)` \| (.+?) \| (.+?) \|$/gm)].map(([, ...cells]) => cells);
    const defined = [...CATALOGUE.values()].map(({ name, unit, description }) => [name, unit, description]);
    expect(rows).toEqual(defined);
  });
});
