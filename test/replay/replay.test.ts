import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWorkflowBundle } from '../../workers/workflow-bundle';

const folder = join(__dirname, 'histories');
const recordings = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe("today's workflow code", () => {
  let workflowBundle: { code: string };

  beforeAll(async () => {
    workflowBundle = await buildWorkflowBundle({ debug: () => undefined });
  });

  it.each(recordings)('replays %s as it was recorded', async (file) => {
    const history = JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown;
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).resolves.toBeUndefined();
  });

  it('would notice a change of its commands', async () => {
    const history = readFileSync(join(folder, 'completed.json'), 'utf8');
    // As if an older release had named an activity otherwise.
    const altered = JSON.parse(history.replaceAll('applyTransition', 'writeTransition')) as unknown;
    await expect(Worker.runReplayHistory({ workflowBundle }, altered)).rejects.toThrow(/nondeterminism|determinism/i);
  });

  it('keeps zod, MongoDB and Node built-ins out of the bundle', () => {
    expect(workflowBundle.code).not.toMatch(/ZodError|MongoClient|require\("(?:node:)?crypto"\)/);
  });
});
