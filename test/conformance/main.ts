import { startStack } from '../../stack';
import { runSuites } from './run-suites';

/**
 * Runs every suite and prints, for each, what passed, what was skipped and why, and what failed. Ends with 1 when
 * anything failed.
 */
async function main(): Promise<void> {
  // Its Temporal and database are for the suites that ask a whole server.
  const stack = await startStack({ mode: 'attached', ports: { temporal: 0, temporalUi: 0, mongodb: 0 } });
  process.env['HEADGATE_TEMPORAL_ADDRESS'] = stack.temporal.address;
  process.env['HEADGATE_MONGODB_URL'] = stack.mongodb.url;
  let failed = 0;
  try {
    for (const { name, results } of await runSuites()) {
      const of = (outcome: string): typeof results => results.filter((result) => result.outcome === outcome);
      const [passed, skipped, wrong] = [of('passed'), of('skipped'), of('failed')];
      console.log(`${name}: ${passed.length} passed, ${skipped.length} skipped, ${wrong.length} failed`);
      const reasons = new Map<string, number>();
      for (const { why = '' } of skipped) reasons.set(why, (reasons.get(why) ?? 0) + 1);
      for (const [why, count] of reasons) console.log(`  skipped ${count}: ${why}`);
      for (const { name: one, why } of wrong) console.log(`  FAILED ${one}: ${why ?? ''}`);
      failed += wrong.length;
    }
  } finally {
    await stack.stop();
  }
  process.exit(failed > 0 ? 1 : 0);
}

void main();
