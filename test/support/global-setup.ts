import { startStack } from '../../stack';
import { keepForTeardown } from './stack-under-test';

/**
 * Starts one stack for all test files of a run, on free ports and an own data folder, unless the environment names one. Test
 * files find it in HEADGATE_TEMPORAL_ADDRESS and HEADGATE_MONGODB_URL.
 */
// eslint-disable-next-line import-x/no-default-export -- Jest calls the default export
export default async function globalSetup(): Promise<void> {
  const { HEADGATE_TEMPORAL_ADDRESS: address, HEADGATE_MONGODB_URL: url } = process.env;
  // Jest calls this once for each project that names it; the second call finds the addresses of the first.
  if (address && url) return;
  const stack = await startStack({ mode: 'attached', ports: { temporal: 0, temporalUi: 0, mongodb: 0 } });
  process.env['HEADGATE_TEMPORAL_ADDRESS'] = stack.temporal.address;
  process.env['HEADGATE_MONGODB_URL'] = stack.mongodb.url;
  keepForTeardown(stack);
}
