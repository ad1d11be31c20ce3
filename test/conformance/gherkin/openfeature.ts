import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type Pickle } from '@cucumber/messages';
import type { SdkFlag } from '../../../flags/evaluator/resolution';
import type { CaseResult, Suite } from '../suite';
import { STEPS } from './steps';
import { testFlags } from './test-flags';
import { World } from './world';

/** What the specification lets a provider do and this one does not. */
const SKIPPED: Readonly<Record<string, string>> = {
  '@reason-codes-cached': 'the provider evaluates locally and caches no result, so no reason is CACHED',
  '@provider-status-fatal': 'the provider recovers from every error by itself, so none is fatal to it',
};

/** Scenarios of all feature files, outlines expanded. */
function scenariosOf(folder: string): { readonly file: string; readonly pickle: Pickle }[] {
  const newId = IdGenerator.incrementing();
  const files = readdirSync(folder).filter((file) => file.endsWith('.feature'));
  return files.sort().flatMap((file) => {
    const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
    const document = parser.parse(readFileSync(join(folder, file), 'utf8'));
    return compile(document, file, newId).map((pickle) => ({ file, pickle }));
  });
}

let scenarios = 0;

async function runScenario(
  file: string,
  { name, steps, tags }: Pickle,
  flags: readonly SdkFlag[],
): Promise<CaseResult> {
  const told = `${file}: ${name}`;
  const skipped = tags.map((tag) => SKIPPED[tag.name]).find((why) => why !== undefined);
  if (skipped !== undefined) return { name: told, outcome: 'skipped', why: skipped };
  if (steps.some(({ text }) => text === 'a fatal provider')) {
    return { name: told, outcome: 'skipped', why: SKIPPED['@provider-status-fatal'] ?? '' };
  }
  const world = new World((scenarios += 1), flags);
  try {
    for (const { text, argument } of steps) {
      const found = STEPS.flatMap((step) => {
        const match = step.text.exec(text);
        return match === null ? [] : [{ step, words: match.slice(1) }];
      })[0];
      if (found === undefined) return { name: told, outcome: 'failed', why: `no step '${text}' is known` };
      const table = (argument?.dataTable?.rows ?? []).map(({ cells }) => cells.map(({ value }) => value));
      await found.step.run(world, found.words, table);
    }
    return { name: told, outcome: 'passed' };
  } catch (error) {
    return { name: told, outcome: 'failed', why: String(error) };
  } finally {
    await world.close();
  }
}

/** OpenFeature's feature files, against Headgate's provider through the OpenFeature SDK. */
export const openFeatureSuite: Suite = {
  name: 'OpenFeature specification (gherkin)',
  folder: 'openfeature-spec-gherkin',
  async run(folder) {
    const flags = testFlags(
      JSON.parse(readFileSync(join(folder, 'test-flags.json'), 'utf8')) as Parameters<typeof testFlags>[0],
    );
    const results: CaseResult[] = [];
    for (const { file, pickle } of scenariosOf(folder)) results.push(await runScenario(file, pickle, flags));
    return results;
  },
};
