import { readConfig } from '../../../server/config';

const complete = {
  HEADGATE_MONGODB_URL: 'mongodb://127.0.0.1:27017',
  HEADGATE_TEMPORAL_ADDRESS: '127.0.0.1:7233',
  HEADGATE_SIGNING_KEY: 'k'.repeat(32),
};

describe('readConfig', () => {
  it('fills in what may be left out, and takes empty variables for left out', () => {
    expect(readConfig({ ...complete, HEADGATE_HTTP_PORT: '' })).toMatchObject({
      host: '127.0.0.1',
      port: 7070,
      mongodbDatabase: 'headgate',
      temporalNamespace: 'default',
      temporalUiUrl: undefined,
      logLevel: 'info',
    });
  });

  it.each([
    ['HEADGATE_MONGODB_URL', 'postgres://x'],
    ['HEADGATE_SIGNING_KEY', 'short-and-secret'],
    ['HEADGATE_HTTP_PORT', '70000'],
    ['HEADGATE_TEMPORAL_UI_URL', 'not an address'],
    ['HEADGATE_LOG_LEVEL', 'loud'],
  ])('names %s when it is %p, and never its value', (name, value) => {
    const read = (): unknown => readConfig({ ...complete, [name]: value });

    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  });
});
