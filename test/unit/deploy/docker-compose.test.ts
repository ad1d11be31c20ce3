import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { SERVER_NODE_FLAGS } from '../../../core/node-flags';
import { SEARCH_ATTRIBUTES } from '../../../stack/search-attributes';

interface Service {
  readonly image?: string;
  readonly command?: string | readonly string[];
  readonly build?: unknown;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = join(__dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as ComposeFile;
const services = Object.entries(compose.services);
const longRunning = services.filter(([, { restart }]) => restart === 'unless-stopped');
const variables = [...text.matchAll(/(?<!\$)\$\{(\w+)([^}]*)\}/g)].map(([, name = '', rest = '']) => ({ name, rest }));

const schemaErrors = (file: unknown): unknown => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  // The specification's own formats, whose meaning Docker checks by itself.
  for (const format of ['ports', 'expose', 'subnet_ip_address']) ajv.addFormat(format, true);
  const validate = ajv.compile(JSON.parse(read('test/fixtures/compose-spec/compose-spec.json')) as object);
  return validate(file) ? [] : validate.errors;
};

describe('docker-compose.yml', () => {
  it('fits the schema of the Compose specification', () => {
    expect(schemaErrors(compose)).toEqual([]);
  });

  it('is checked by a schema that finds mistakes', () => {
    const mistaken = {
      ...compose,
      services: { ...compose.services, server: { ...compose.services['server'], prots: [] } },
    };
    expect(schemaErrors(mistaken)).not.toEqual([]);
  });

  it('starts the server with the flags that it wants of Node, as the image does by itself', () => {
    const command = ['node', ...SERVER_NODE_FLAGS, 'dist/server/main.js'];
    expect(compose.services['server']?.command).toEqual(command);
    expect(read('Dockerfile')).toContain(`CMD ${JSON.stringify(command).replaceAll(',', ', ')}`);
  });

  it('holds all that a team needs', () => {
    const names = [
      'server',
      'workers',
      'mongodb-1',
      'mongodb-2',
      'mongodb-3',
      'temporal',
      'temporal-database',
      'temporal-ui',
      'prometheus',
    ];
    expect(longRunning.map(([name]) => name).sort()).toEqual(names.sort());
  });

  it.each(longRunning)('knows whether %s is healthy', (_, { healthcheck }) => {
    expect(healthcheck).toMatchObject({
      interval: expect.any(String) as string,
      timeout: expect.any(String) as string,
    });
  });

  it.each(services)('pins the image of %s to a version', (_, { image }) => {
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?$/);
  });

  it('publishes ports on the loopback address only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).not.toEqual([]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('has no default for any variable, and the example names exactly those it needs', () => {
    expect(variables.filter(({ rest }) => !rest.startsWith(':?'))).toEqual([]);
    const example = [...read('deploy/env.example').matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => ({
      name,
      value,
    }));
    expect(example.map(({ name }) => name).sort()).toEqual([...new Set(variables.map(({ name }) => name))].sort());
    expect(example.filter(({ value }) => value !== '')).toEqual([]);
  });

  it('writes no password or key out', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|PWD|KEY/.test(name)),
    );
    expect(secrets).not.toEqual([]);
    expect(secrets.filter(([, value]) => !/^\$\{\w+:\?/.test(value))).toEqual([]);
  });

  it('keeps data in declared volumes and mounts only files that exist', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const named = sources.filter((source) => !source.startsWith('.'));
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(sources.filter((source) => source.startsWith('.') && !existsSync(join(root, source)))).toEqual([]);
  });

  it('waits for services that can reach the state waited for', () => {
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const wanted = condition === 'service_healthy';
        expect([name, compose.services[name]?.healthcheck !== undefined]).toEqual([name, wanted]);
      }
    }
  });

  it('registers the search attributes that an embedded Temporal starts with', () => {
    const listed = [...read('deploy/temporal/set-up-namespace.sh').matchAll(/\b(Headgate\w+)=(\w+)/g)].map(
      ([, name, type]) => [name, type],
    );
    expect(Object.fromEntries(listed)).toEqual(SEARCH_ATTRIBUTES);
  });
});
