import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { flagdSuite } from './flagd';
import { growthBookSuite } from './growthbook';
import { ofrepSuite } from './ofrep';
import { suitesFolder, type CaseResult, type Suite } from './suite';
import { openFeatureSuite } from './gherkin/openfeature';
import { unleashSuite } from './unleash';

/** Every suite, in the order in which they are told. */
export const SUITES: readonly Suite[] = [openFeatureSuite, ofrepSuite, unleashSuite, growthBookSuite, flagdSuite];

/** Runs all suites whose folder is there. */
export async function runSuites(): Promise<
  readonly { readonly name: string; readonly results: readonly CaseResult[] }[]
> {
  const told = [];
  for (const suite of SUITES) {
    const folder = join(suitesFolder(), suite.folder);
    const results: readonly CaseResult[] = existsSync(folder)
      ? await suite.run(folder)
      : [{ name: 'the suite', outcome: 'skipped', why: `${folder} is not there` }];
    told.push({ name: suite.name, results });
  }
  return told;
}
