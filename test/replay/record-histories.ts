import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startStack } from '../../stack';
import { givenQuickPlan, RolloutHarness, type StartedRollout } from '../support/rollout-harness';
import { StartedGroup } from '../support/started-group';
import { givenExperiment, StartedExperiment } from '../support/started-experiment';
import { ACTING, tellOfRiskyChange } from '../support/risky-change';
import { MongoKillSwitchesRepository } from '../../store/kill-switches-repository';
import { scheduleUnder } from '../support/scheduled-change';

/**
 * Records the histories that `npm run replay` holds today's workflow code against: `npx tsx
 * test/replay/record-histories.ts [NAME...]`, all of them or those named. Run it when a new plan shape or message
 * should be kept, and never to make a failing replay pass: live rollouts have the old history too.
 */
type Recorded = Pick<StartedRollout, 'result'> & { readonly handle: Pick<StartedRollout['handle'], 'fetchHistory'> };
const scenarios: Record<string, (harness: RolloutHarness, environment: string) => Promise<Recorded>> = {
  async completed(harness, environment) {
    return harness.start(givenQuickPlan({ environment }));
  },
  async 'rolled-back'(harness, environment) {
    harness.source.candidate = { perCell: 40, errorRate: 0.3 };
    return harness.start(givenQuickPlan({ environment }));
  },
  async 'operated-and-aborted'(harness, environment) {
    const steps = [10, 50].map((weight) => ({ weight, bakeMs: 60_000, approval: weight === 50 }));
    const rollout = await harness.start(givenQuickPlan({ environment, steps }));
    await rollout.until(({ phase }) => phase === 'progressing');
    await rollout.send('setWeight', { weight: 5 });
    await rollout.send('exclude', { segment: 'eu' });
    await rollout.send('pause', { reason: 'lunch' });
    await rollout.send('resume');
    await rollout.handle.signal('readmit', { segment: 'eu', id: 'r1' });
    await rollout.handle.signal('readmit', { segment: 'eu', id: 'r1' });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await rollout.send('abort', { reason: 'recorded enough' });
    return rollout;
  },
  async lapsed(harness, environment) {
    const steps = [10, 50].map((weight) => ({ weight, bakeMs: weight === 10 ? 1000 : 60_000, approval: false }));
    const rollout = await harness.start(givenQuickPlan({ environment, steps, leaseMs: 5000 }));
    await rollout.until(({ weight }) => weight === 50);
    const past = new Date(Date.now() - 60_000);
    await harness.database.db.collection('leases').updateMany({}, { $set: { renewedAt: past } });
    await rollout.until(({ weight }) => weight === 10);
    await rollout.send('abort');
    return rollout;
  },
  async 'timed-out-under-a-look'(harness, environment) {
    const steps = [{ weight: 10, bakeMs: 60_000, approval: false }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps }));
    await rollout.until(({ lastLook }) => lastLook !== null);
    const { leases } = harness.dependencies;
    const tooLate = async (): Promise<never> => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      throw new Error('too late');
    };
    Object.assign(leases, { renew: tooLate });
    await new Promise((resolve) => setTimeout(resolve, 9000));
    Reflect.deleteProperty(leases, 'renew');
    const backAt = Date.now();
    await rollout.until(({ lastLook }) => Date.parse(lastLook?.at ?? '') > backAt);
    await rollout.send('abort', { reason: 'recorded enough' });
    return rollout;
  },
  // The same again as releases since then run them: prepared within the first task, renewed and looked at in one step.
  async 'completed-sparingly'(harness, environment) {
    return harness.start(givenQuickPlan({ environment, owner: 'payments' }));
  },
  async 'lapsed-under-a-look'(harness, environment) {
    const steps = [{ weight: 10, bakeMs: 60_000, approval: false }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps, leaseMs: 5000 }));
    await rollout.until(({ lastLook }) => lastLook !== null);
    const past = new Date(Date.now() - 60_000);
    const lapse = { $set: { renewedAt: past }, $inc: { renewals: 1 } };
    await harness.database.db.collection('leases').updateMany({}, lapse);
    await rollout.until(({ transition }) => transition === 2);
    await rollout.send('abort', { reason: 'recorded enough' });
    return rollout;
  },
  async 'held-by-kill-switch'(harness, environment) {
    const steps = [{ weight: 10, bakeMs: 3000, approval: false }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps }));
    await rollout.until(({ phase, lastLook }) => phase === 'progressing' && lastLook !== null);
    const switches = new MongoKillSwitchesRepository(harness.database.db);
    const edit = {
      actor: { kind: 'token' as const, name: 'ada', verified: true },
      reason: 'the shop is down',
      at: new Date().toISOString(),
    };
    await switches.put(environment, true, 0, edit);
    await rollout.until(({ waitingFor }) => waitingFor === 'kill_switch');
    await rollout.send('promote', { force: true, reason: 'in vain' });
    await switches.put(environment, false, 1, edit);
    return rollout;
  },
  async 'segment-excluded'(harness, environment) {
    harness.source.segments = { eu: { perCell: 40, errorRate: 0.5 } };
    const rollout = await harness.start(givenQuickPlan({ environment, segments: ['eu'] }));
    await rollout.until(({ excludedSegments }) => excludedSegments.length > 0);
    harness.source.excluded.add('eu');
    return rollout;
  },
  async 'adaptive-and-watched'(harness, environment) {
    const watch = { forMs: 2000, onAlarm: 'step_back' as const };
    return harness.start(givenQuickPlan({ environment, pace: 'adaptive', watch }));
  },
  async 'shaped-by-prediction'(harness, environment) {
    const rolloutId = 'predicted';
    await tellOfRiskyChange(harness, environment, rolloutId);
    const approvals = { forbidStarter: false, allowUnverified: true };
    const plan = givenQuickPlan({ environment, prediction: ACTING, approvals });
    const rollout = await harness.start(plan, { rolloutId, identity: rolloutId });
    await rollout.until(({ waitingFor }) => waitingFor === 'approval');
    await rollout.send('approve');
    return rollout;
  },
  async 'features-gathered'(harness, environment) {
    const change = { id: 'c1', author: 'ada', build: { seconds: 300, usualSeconds: 200 } };
    return harness.start(givenQuickPlan({ environment, owner: 'payments', change }));
  },
  async 'failure-forecast'(harness, environment) {
    const rolloutId = 'forecast';
    await tellOfRiskyChange(harness, environment, rolloutId);
    harness.source.candidate = { perCell: 40, errorRate: 0.08 };
    // The least rise is told of.
    const prediction = { ...ACTING, approveAbove: 1, forecast: { looks: 5, alertAt: 0 } };
    const steps = [{ weight: 10, bakeMs: 600_000, approval: false }];
    const plan = givenQuickPlan({ environment, prediction, steps });
    const rollout = await harness.start(plan, { rolloutId, identity: rolloutId });
    await rollout.until(({ lastLook }) => lastLook?.failureForecast?.isAlert === true, 90_000);
    await rollout.send('abort', { reason: 'recorded enough' });
    return rollout;
  },
  async 'group-completed'(harness, environment) {
    const group = await StartedGroup.start(harness, environment, {}, { approval: true });
    await group.until(({ waitingFor }) => waitingFor === 'approval');
    await group.send('approve');
    return group;
  },
  async 'group-taken-back'(harness, environment) {
    const steps = [{ weight: 10, bakeMs: 600_000, approval: false }];
    const group = await StartedGroup.start(harness, environment, { top: { steps } });
    await group.untilLive('top');
    await group.send('abort', { reason: 'recorded enough' });
    return group;
  },
  async 'group-told-and-skipped'(harness, environment) {
    const steps = [{ weight: 10, bakeMs: 600_000, approval: false }];
    const group = await StartedGroup.start(harness, environment, { base: { steps } }, { approval: true });
    await group.until(({ waitingFor }) => waitingFor === 'approval');
    await group.send('approve');
    await group.untilLive('base');
    await group.send('abort', { reason: 'recorded enough' });
    return group;
  },
  async 'experiment-concluded'(harness, environment) {
    harness.source.control = { perCell: 40, errorRate: 0.1 };
    harness.source.candidate = { perCell: 40, errorRate: 0.02 };
    return StartedExperiment.start(harness, givenExperiment(environment));
  },
  async 'experiment-stopped'(harness, environment) {
    harness.source.candidate = { perCell: 40, errorRate: 0.4 };
    return StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
  },
  async 'experiment-operated'(harness, environment) {
    const experiment = await StartedExperiment.start(harness, givenExperiment(environment, { endOnDecision: false }));
    await experiment.untilJudged();
    await experiment.send('pause', { reason: 'lunch' });
    await experiment.send('resume');
    const switches = new MongoKillSwitchesRepository(harness.database.db);
    const edit = {
      actor: { kind: 'token' as const, name: 'ada', verified: true },
      reason: 'the shop is down',
      at: new Date().toISOString(),
    };
    await switches.put(environment, true, 0, edit);
    await experiment.until(({ waitingFor }) => waitingFor === 'kill_switch');
    await switches.put(environment, false, 1, edit);
    await experiment.until(({ transition }) => transition === 2);
    const lapse = { $set: { renewedAt: new Date(Date.now() - 120_000) }, $inc: { renewals: 1 } };
    await harness.database.db.collection('leases').updateMany({}, lapse);
    await experiment.until(({ transition }) => transition === 3);
    const flag = await harness.dependencies.flags.get(`${environment}/checkout`);
    if (flag === null) throw new Error('no flag');
    const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = flag;
    const rules = [{ name: 'staff', if: { attribute: 'staff', value: true }, serve: { variant: 'on' } }];
    await harness.dependencies.flags.swap({
      before: flag,
      after: { ...body, rules } as typeof body,
      draft: { ...edit, action: 'flag.edit' },
    });
    await experiment.until(({ phase }) => phase === 'paused');
    await experiment.send('resume', { reason: 'as meant' });
    await experiment.send('conclude', { reason: 'recorded enough' });
    return experiment;
  },
  async 'rolled-back-and-attributed'(harness, environment) {
    harness.source.candidate = { perCell: 40, errorRate: 0.3 };
    return harness.start(givenQuickPlan({ environment }));
  },
  async 'scheduled-switch'(harness, environment) {
    return scheduleUnder(harness, environment, 2000, { kind: 'switch', enabled: false });
  },
  async 'scheduled-rollout'(harness, environment) {
    const plan = givenQuickPlan({ environment });
    const start = { rolloutId: 'scheduled', identity: 'scheduled', salt: 'salt', plan, again: false };
    return scheduleUnder(harness, environment, 2000, { kind: 'rollout', start });
  },
  async 'scheduled-cancelled'(harness, environment) {
    const scheduled = await scheduleUnder(harness, environment, 600_000, { kind: 'archive' });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await scheduled.handle.cancel();
    return scheduled;
  },
};

async function main(): Promise<void> {
  const stack = await startStack({ mode: 'attached', ports: { temporal: 0, temporalUi: 0, mongodb: 0 } });
  process.env['HEADGATE_TEMPORAL_ADDRESS'] = stack.temporal.address;
  process.env['HEADGATE_MONGODB_URL'] = stack.mongodb.url;
  try {
    const wanted = process.argv.slice(2);
    for (const [name, run] of Object.entries(scenarios)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const harness = await RolloutHarness.open();
      await harness.createFlag('recorded');
      await harness.work();
      const rollout = await run(harness, 'recorded');
      await rollout.result();
      const history = await rollout.handle.fetchHistory();
      const file = join(__dirname, 'histories', `${name}.json`);
      await writeFile(file, `${historyToJSON(history)}\n`);
      process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
      await harness.close();
    }
  } finally {
    await stack.stop();
  }
}

void main().then(() => process.exit(0));
