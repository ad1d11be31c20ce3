type JsonObject = Record<string, unknown>;

interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly requestBody?: unknown;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
}

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{border-bottom:1px solid #8886;padding-bottom:.3rem;margin-top:2.5rem}code,pre{font:14px/1.45 ui-monospace,monospace}
details{border:1px solid #8884;border-radius:.4rem;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
.method{display:inline-block;min-width:4.5rem;font-weight:600}pre{overflow:auto;background:#8881;padding:.8rem;border-radius:.3rem}
table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left;vertical-align:top}`;

/** The API as one page without scripts and without anything from elsewhere, made from its OpenAPI document. */
export function docsPage(document: JsonObject): string {
  const paths = document['paths'] as Record<string, Record<string, Operation>>;
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationHtml(method, path, operation)]);
    }
  }
  const schemas = (document['components'] as { schemas: JsonObject }).schemas;
  const sections = [...byTag].map(([tag, operations]) => `<h2>${escapeHtml(tag)}</h2>${operations.join('')}`);
  const schemaHtml = Object.entries(schemas).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${json(schema)}</details>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Headgate API</title><style>${STYLE}</style></head><body><h1>Headgate API</h1>
<p>Send <code>Authorization: Bearer hg_…</code>. The machine-readable form is <a href="/v1/openapi.json">/v1/openapi.json</a>.</p>
${sections.join('\n')}<h2>Schemas</h2>${schemaHtml.join('')}</body></html>`;
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const parameters = operation.parameters.map(
    ({ name, in: place, required }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? '' : ', optional'}</td></tr>`,
  );
  const answers = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${status}</td><td>${escapeHtml(description)}</td></tr>`,
  );
  const body = operation.requestBody === undefined ? '' : `<h4>Body</h4>${json(operation.requestBody)}`;
  return `<details id="${escapeHtml(operation.operationId)}"><summary><span class="method">${method.toUpperCase()}</span>
<code>${escapeHtml(path)}</code> — ${escapeHtml(operation.summary)}</summary><p>${escapeHtml(operation.description)}</p>
<table>${parameters.join('')}</table>${body}<h4>Answers</h4><table>${answers.join('')}</table></details>`;
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
