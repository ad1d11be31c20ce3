import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parsePlan } from '../../../../flags/plan/parse-plan';
import { PlanFile } from '../../../../flags/plan/plan-file';

const page = readFileSync(join(__dirname, '../../../../docs/plan-reference.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| `[a-z]/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter((cells) => cells.length === 6);
const documented = new Map(rows.map((cells) => [(cells[0] ?? '').replaceAll('`', ''), cells]));
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
}

/** Every field that may be written, as `steps[].weight`. */
function fieldsOf(schema: JsonSchema, at: string): string[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
      const field = at === '' ? key : `${at}.${key}`;
      return [field, ...fieldsOf(inner, field)];
    }),
    ...(schema.items === undefined ? [] : fieldsOf(schema.items, `${at}[]`)),
    ...(schema.anyOf ?? []).flatMap((branch) => fieldsOf(branch, at)),
  ];
}
const fields = [...new Set(fieldsOf(z.toJSONSchema(PlanFile, { io: 'input' }) as JsonSchema, ''))];

describe('the plan reference', () => {
  it('documents each field of a plan file, and no other', () => {
    expect(fields.length).toBeGreaterThan(45);
    expect([...documented.keys()].sort()).toEqual([...fields].sort());
  });

  it('says of each field its meaning, unit, range, default and an example', () => {
    for (const cells of documented.values()) expect(cells.every((cell) => cell !== '')).toBe(true);
  });

  it('has examples that are good plans', () => {
    expect(examples).toHaveLength(4);
    for (const example of examples)
      expect(parsePlan(example, { environment: 'production' }).plan.flag).toBe('checkout-v2');
  });

  it('spells the default metrics out as they are', () => {
    const [smallest, , metrics] = examples.map(
      (example) => parsePlan(example, { environment: 'production' }).plan.metrics,
    );
    expect(metrics).toEqual(smallest);
  });

  it('shows every field in its last example', () => {
    const written = parsePlan(examples.at(-1) ?? '').file;
    expect(Object.keys(written as object).sort()).toEqual(Object.keys(PlanFile.shape).sort());
  });

  it('states the defaults that the schema states', () => {
    const schema = z.toJSONSchema(PlanFile, { io: 'input' }) as JsonSchema;
    const plain = Object.entries(schema.properties ?? {}).filter(([, { default: value }]) =>
      ['string', 'number'].includes(typeof value),
    );
    for (const [field, { default: value }] of plain) {
      const stated = documented.get(field)?.[4];
      expect(`${field}: ${stated}`).toBe(`${field}: \`${field === 'bake' ? '10m' : String(value)}\``);
    }
  });
});
