import Ajv2020 from 'ajv/dist/2020';
import { buildServer } from '../../../../server/build-server';
import type { ServerContext } from '../../../../server/context';

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Record<string, unknown>;
}

describe('the OpenAPI document', () => {
  let document: Document;
  let text: string;
  beforeAll(async () => {
    // Documentation touches none of what routes work with.
    const app = buildServer({} as ServerContext);
    text = (await app.inject('/v1/openapi.json')).body;
    document = JSON.parse(text) as Document;
    await app.close();
  });
  const operations = (): [string, string, Operation][] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
    );

  it('is OpenAPI 3.1 and refers to nothing that is not in it', () => {
    expect(document.openapi).toBe('3.1.0');
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      expect(Object.keys(document.components.schemas).map((id) => `#/components/schemas/${id}`)).toContain(reference);
    }
  });

  it('gives each operation an id of its own, a summary, its path parameters and the refusals', () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, , operation] of operations()) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(inPath.sort()).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort());
      expect(operation.summary).not.toBe('');
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '503']));
    }
  });

  it('holds schemas that a validator takes, and that take a flag and refuse a misspelt one', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', ...document });
    for (const id of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`api#/components/schemas/${id}`)).toBeDefined();
    }
    const isFlag = ajv.getSchema('api#/components/schemas/FlagInput');
    const flag = { type: 'boolean', variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off' };
    expect(isFlag?.(flag)).toBe(true);
    expect(isFlag?.({ ...flag, defaultVarant: 'on' })).toBe(false);
  });
});
