import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePlan } from '../../../../flags/plan/parse-plan';
import { PlanFile } from '../../../../flags/plan/plan-file';

const page = readFileSync(join(__dirname, '../../../../docs/plan-reference.md'), 'utf8');

/** As much of a JSON schema as leads to the fields of a plan. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

function fieldsOf(node: Node, above = ''): string[] {
  return [
    ...(node.anyOf ?? []).flatMap((branch) => fieldsOf(branch, above)),
    ...(node.items === undefined ? [] : fieldsOf(node.items, `${above}[]`)),
    ...Object.entries(node.properties ?? {}).flatMap(([key, inner]) => {
      const field = above === '' ? key : `${above}.${key}`;
      return [field, ...fieldsOf(inner, field)];
    }),
  ];
}

/** The rows of the page whose first cell names a field, with a default in their last cell. */
const rows = page
  .split('\n')
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && /^`[^`]+`$/.test(cells[1] ?? ''))
  .map((cells) => ({ field: cells[1]?.slice(1, -1) ?? '', otherwise: cells[4] ?? '' }));

describe('docs/plan-reference.md', () => {
  it('has one row for each field of a plan, and for nothing else', () => {
    const schema = z.toJSONSchema(PlanFile, { io: 'input', unrepresentable: 'any' }) as Node;
    expect(rows.map(({ field }) => field).sort()).toEqual([...new Set(fieldsOf(schema))].sort());
  });

  it('says which fields are required, and no others', () => {
    const required = rows.filter(({ otherwise }) => otherwise === 'required').map(({ field }) => field);
    expect(required.sort()).toEqual(['blackouts[].timeZone', 'candidate', 'flag', 'metrics[].kind', 'metrics[].name']);
  });

  it('states the defaults that the schema fills in', () => {
    const filled = PlanFile.parse({ flag: 'checkout', candidate: 'on' });
    const written = (field: string): string | undefined => rows.find((row) => row.field === field)?.otherwise;
    const plain = Object.entries(filled).filter(([, value]) => ['string', 'number'].includes(typeof value));
    const stated = plain.map(([field]) => [field, written(field)?.replaceAll('`', '')]);
    expect(Object.fromEntries(stated)).toEqual({
      ...Object.fromEntries(plain.map(([field, value]) => [field, String(value)])),
      flag: 'required',
      candidate: 'required',
      bake: '10m',
    });
    expect(filled.bake).toBe(600_000);
  });

  it('shows plans that are good, the short one with the defaults it tells of', () => {
    const [short, long, ...more] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(
      ([, text]) => parsePlan(text ?? '').plan,
    );
    expect(more).toEqual([]);
    expect(short?.steps.map(({ weight }) => weight)).toEqual([1, 5, 10, 25, 50]);
    expect(short?.metrics.map(({ name }) => name)).toEqual(['errors', 'slow', 'latency']);
    expect(short).toMatchObject({ noDataDeadlineMs: 1_800_000, leaseMs: 300_000, windowMs: 5000 });
    expect(short?.look).toEqual({ shortestMs: 5000, longestMs: 60_000 });
    expect(long?.metrics[1]).toMatchObject({ threshold: 800, margin: { absolute: 0.01, relative: 0 } });
    expect(long?.windowMs).toBe(10_000);
  });

  it('tells the default margin of each kind', () => {
    const margins = [...page.matchAll(/^\| `(\w+)` \| `([^`]+)` \|$/gm)].map(([, kind, margin]) => ({ kind, margin }));
    expect(margins).toHaveLength(4);
    for (const { kind, margin } of margins) {
      const metric = { name: 'm', kind, ...(kind === 'slower_than' ? { threshold: 500 } : {}) };
      const plan = (extra: object): string =>
        JSON.stringify({ flag: 'f', candidate: 'on', environment: 'e', metrics: [{ ...metric, ...extra }] });
      expect(parsePlan(plan({})).plan.metrics).toEqual(parsePlan(plan({ margin })).plan.metrics);
    }
  });
});
