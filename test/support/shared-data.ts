import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where data sets lie that are too large, or under other licences, to be kept here: beside the project's folder. */
const SHARED_DATA = join(__dirname, '../../../shared/data');

/** Path of a shared data set, or undefined where it is not at hand: tests on it are then skipped. */
export function sharedData(...path: readonly string[]): string | undefined {
  const whole = join(SHARED_DATA, ...path);
  return existsSync(whole) ? whole : undefined;
}
