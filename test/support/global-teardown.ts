import { takeForTeardown } from './stack-under-test';

/** Ends the stack that the set-up has started, if it has started one. */
// eslint-disable-next-line import-x/no-default-export -- Jest calls the default export
export default async function globalTeardown(): Promise<void> {
  await takeForTeardown()?.stop();
}
