import fc from 'fast-check';
import { afterRefusedWrite, endedAsAsked, nextInterval } from '../../../workflows/rollout/progress';
import type { Intent, PlannedTransition } from '../../../workflows/rollout/state';
import { isTerminal } from '../../../workflows/rollout/status';
import { givenPlan } from '../../support/flag-builders';
import { alice, givenLook, RolloutModel, type ModelWrite } from '../../support/rollout-model';

const minute = 60_000;
const promote = givenLook('promote', {}, ['SAFETY_SHOWN']);
const hold = givenLook('hold', {}, ['SAFETY_NOT_SHOWN']);
const narrow = givenLook('narrow', {}, ['SHARED_FAULT_AFTER_RAISE']);
const rollback = givenLook('rollback', {}, ['GUARDRAIL_HARM']);
const silence = givenLook('hold', {}, ['NO_DATA']);

describe('a rollout that goes well', () => {
  it('starts at the first weight, takes one step for each served bake and completes', () => {
    const model = new RolloutModel(givenPlan());
    expect(model.state).toMatchObject({ phase: 'progressing', weight: 10, step: 0, waitingFor: 'bake' });
    model.look(minute, promote);
    expect(model.state).toMatchObject({ weight: 50, step: 1, bakedMs: 0 });
    model.look(minute, promote);
    expect(model.state.phase).toBe('completed');
    expect(model.writes.map(({ planned }) => planned.action)).toEqual([
      'rollout.start',
      'rollout.raise',
      'rollout.complete',
    ]);
  });

  it('takes a late step once after an outage, never a burst of overdue ones', () => {
    const model = new RolloutModel(givenPlan());
    model.look(100 * minute, promote);
    expect(model.state).toMatchObject({ weight: 50, bakedMs: 0, waitingFor: 'bake' });
  });

  it('does not raise on a look that came before the last write', () => {
    const model = new RolloutModel(givenPlan());
    model.look(minute, promote);
    expect(model.last).toMatchObject({ kind: 'wait', waitingFor: 'bake' });
  });

  it('holds when the bake is served and safety is not shown', () => {
    const model = new RolloutModel(givenPlan()).look(minute, hold);
    expect(model.state).toMatchObject({ weight: 10, waitingFor: 'data' });
  });
});

describe('what the plan says about indecision', () => {
  it('holds by default, and says that it is inconclusive', () => {
    const model = new RolloutModel(givenPlan()).look(3 * minute, hold);
    expect(model.last).toMatchObject({
      kind: 'wait',
      summary: expect.stringContaining('inconclusive after 3 bakes') as string,
    });
  });

  it('goes on up to the stated weight and no further', () => {
    const model = new RolloutModel(givenPlan({ onInconclusive: { continueTo: 50 } })).look(3 * minute, hold);
    expect(model.state.weight).toBe(50);
    model.look(3 * minute, hold);
    expect(model.state).toMatchObject({ weight: 50, phase: 'progressing' });
  });

  it('going on undecided still waits for approvals and blackouts', () => {
    const steps = [10, 50].map((weight) => ({ weight, bakeMs: minute, approval: weight === 50 }));
    const model = new RolloutModel(givenPlan({ steps, onInconclusive: { continueTo: 50 } })).look(3 * minute, hold);
    expect(model.state).toMatchObject({ weight: 10, waitingFor: 'approval' });
    const dark = new RolloutModel(givenPlan({ onInconclusive: { continueTo: 50 } }));
    dark.look(3 * minute, { ...hold, blackoutUntilMs: 9e12 });
    expect(dark.state).toMatchObject({ weight: 10, waitingFor: 'blackout' });
  });

  it('never goes on over an open finding', () => {
    const mismatch = givenLook('hold', {}, ['SAMPLE_RATIO_MISMATCH']);
    const model = new RolloutModel(givenPlan({ onInconclusive: { continueTo: 100 } })).look(9 * minute, mismatch);
    expect(model.state.weight).toBe(10);
  });

  it('rolls back when the plan says so', () => {
    const model = new RolloutModel(givenPlan({ onInconclusive: 'roll_back' })).look(3 * minute, hold);
    expect(model.state.phase).toBe('rolled_back');
  });
});

describe('narrowing', () => {
  it('goes back to the previous step, is raised again after a clean bake twice at most, then pauses', () => {
    const model = new RolloutModel(givenPlan()).look(minute, promote).look(5000, narrow);
    expect(model.state).toMatchObject({ phase: 'narrowed', weight: 10 });
    for (const _ of [1, 2]) {
      model.look(minute, promote);
      expect(model.state).toMatchObject({ phase: 'progressing', weight: 50 });
      model.look(5000, narrow);
    }
    expect(model.state).toMatchObject({ phase: 'paused', weight: 10, pause: { cause: 'narrowed_repeatedly' } });
  });

  it('goes down to nobody from the first step, and comes back after one calm bake without candidate data', () => {
    const model = new RolloutModel(givenPlan()).look(5000, narrow);
    expect(model.state).toMatchObject({ phase: 'narrowed', weight: 0 });
    model.look(minute, silence);
    expect(model.state).toMatchObject({ phase: 'progressing', weight: 10 });
  });

  it('steps back by the decrement of the plan', () => {
    const model = new RolloutModel(givenPlan({ narrowBy: 15 })).look(minute, promote).look(5000, narrow);
    expect(model.state).toMatchObject({ weight: 35, step: 0 });
  });
});

describe('operators', () => {
  it('pause stops raising and leaves the rollback to the judge', () => {
    const model = new RolloutModel(givenPlan());
    model.send('pause', { reason: 'lunch' });
    model.look(10 * minute, promote);
    expect(model.state).toMatchObject({ phase: 'paused', weight: 10, waitingFor: 'operator' });
    model.look(5000, rollback);
    expect(model.state.phase).toBe('rolled_back');
  });

  it('resume goes on with the next look', () => {
    const model = new RolloutModel(givenPlan());
    model.send('pause');
    model.look(minute, promote);
    model.send('resume');
    model.look(5000, promote);
    expect(model.state.weight).toBe(50);
  });

  it('promote ends the bake, and full goes to completion', () => {
    const model = new RolloutModel(givenPlan());
    expect(model.send('promote')).toBe(true);
    expect(model.state.weight).toBe(50);
    model.send('promote', { full: true });
    expect(model.state.phase).toBe('completed');
  });

  it('promote does not silence the judge; force with a reason does, and starts the evidence afresh', () => {
    const mismatch = givenLook('hold', {}, ['SAMPLE_RATIO_MISMATCH']);
    const model = new RolloutModel(givenPlan()).look(5000, mismatch);
    model.send('promote');
    expect(model.state.weight).toBe(10);
    model.send('promote', { force: true, reason: 'known' });
    expect(model.state).toMatchObject({ weight: 50, harmEpoch: 1, safetyEpoch: 1 });
  });

  it('setWeight is the bound until the plan passes it; the next step is the first above it', () => {
    const model = new RolloutModel(givenPlan());
    model.send('setWeight', { weight: 30 });
    expect(model.state).toMatchObject({ weight: 30, step: 0 });
    model.look(minute, promote);
    expect(model.state).toMatchObject({ weight: 50, step: 1 });
    model.send('setWeight', { weight: 2 });
    expect(model.state.weight).toBe(2);
    model.look(minute, promote);
    expect(model.state).toMatchObject({ weight: 10, step: 0 });
  });

  it('excludes and readmits a segment, each starting safety afresh', () => {
    const model = new RolloutModel(givenPlan());
    model.send('exclude', { segment: 'eu' });
    expect(model.state).toMatchObject({ excludedSegments: ['eu'], safetyEpoch: 1, weight: 10 });
    model.send('readmit', { segment: 'eu' });
    expect(model.state).toMatchObject({ excludedSegments: [], safetyEpoch: 2 });
  });

  it('excludes what the judge asks for, keeps the weight, and takes it back in when the candidate is changed', () => {
    const { look } = givenLook('hold', {}, ['SEGMENT_HARM']);
    const model = new RolloutModel(givenPlan()).look(minute, givenLook('hold', { look: { ...look, exclude: ['eu'] } }));
    expect(model.state).toMatchObject({ excludedSegments: ['eu'], weight: 10, safetyEpoch: 1, harmEpoch: 0 });
    expect(model.writes.at(-1)?.planned).toMatchObject({
      action: 'rollout.exclude',
      lowering: true,
      reason: 'excluded eu: SEGMENT_HARM',
      evidence: [{ code: 'SEGMENT_HARM' }],
    });
    model.send('exclude', { segment: 'us' });
    expect(model.state.judgedExclusions).toEqual(['eu']);
    const edited = { fingerprint: 'g', candidateFingerprint: 'd', revision: 2 };
    const flag = { standing: 'ours' as const, detail: '', conflict: 'edited', basis: edited, control: 'off' };
    model.look(minute, givenLook('hold', { flag }));
    expect(model.state.phase).toBe('paused');
    model.send('resume', {});
    model.look(0, givenLook('hold', { flag }));
    expect(model.state).toMatchObject({ excludedSegments: ['us'], harmEpoch: 1, judgedExclusions: [] });
  });

  it('rolls back rather than exclude when both are asked for', () => {
    const { look } = givenLook('rollback', {}, ['GUARDRAIL_HARM']);
    const model = new RolloutModel(givenPlan());
    model.look(minute, givenLook('rollback', { look: { ...look, exclude: ['eu'] } }));
    expect(model.state.phase).toBe('rolled_back');
  });

  it('takes a reason that is no text, as the Web UI may send it, for none', () => {
    const model = new RolloutModel(givenPlan());
    expect(model.send('setWeight', { weight: 5, reason: 5 as never })).toBe(true);
    expect(model.writes.at(-1)?.planned.reason).toBe('weight set to 5 % by alice');
  });

  it('abort wins over everything else that is waiting', () => {
    const model = new RolloutModel(givenPlan());
    model.send('abort', { reason: 'enough' });
    expect(model.state).toMatchObject({ phase: 'aborted', weight: 0 });
  });
});

describe('an adaptive pace', () => {
  const paced = (nextWeight: number, verdict = 'promote') => {
    const result = givenLook(verdict, {}, ['SAFETY_SHOWN']);
    const pace = { speed: 'moderate' as const, nextWeight, bakeMs: 30_000, intervalMs: 7_000 };
    return { ...result, look: { ...result.look, pace } };
  };
  const plan = givenPlan({
    pace: 'adaptive',
    steps: [
      { weight: 10, bakeMs: minute, approval: false },
      { weight: 50, bakeMs: minute, approval: true },
    ],
  });

  it('leads where the look says, after the bake that it says, and completes at the completion weight', () => {
    const model = new RolloutModel(givenPlan({ pace: 'adaptive' })).look(31_000, paced(20));
    expect(model.state).toMatchObject({ weight: 20, step: 0 });
    model.look(31_000, paced(60));
    expect(model.state).toMatchObject({ weight: 60, step: 1 });
    model.look(31_000, paced(100));
    expect(model.state.phase).toBe('completed');
  });

  it('waits for the approval of a step that it would pass', () => {
    const model = new RolloutModel(plan).look(31_000, paced(20)).look(31_000, paced(60));
    expect(model.state).toMatchObject({ weight: 20, waitingFor: 'approval' });
    model.send('approve', {});
    expect(model.state.weight).toBe(60);
  });

  it('begins at the first step again once it has gone back to nobody', () => {
    const model = new RolloutModel(givenPlan({ pace: 'adaptive' }));
    model.look(1000, paced(20, 'narrow'));
    expect(model.state).toMatchObject({ weight: 0, phase: 'narrowed' });
    const calm = paced(30, 'hold');
    model.look(minute, { ...calm, look: { ...calm.look, reasons: [{ code: 'NO_DATA', text: 'none' }] } });
    expect(model.state.weight).toBe(10);
  });

  it.each(['source_down', 'label_missing'])('stays with nobody while the source is in trouble: %s', (dataQuality) => {
    const model = new RolloutModel(givenPlan({ pace: 'adaptive' }));
    model.look(1000, paced(20, 'narrow'));
    const calm = paced(30, 'hold');
    const troubled = { ...calm.look, dataQuality, reasons: [{ code: 'NO_DATA', text: 'none' }] };
    model.look(minute, { ...calm, look: troubled });
    expect(model.state).toMatchObject({ weight: 0, phase: 'narrowed' });
    model.look(minute, { ...calm, look: { ...troubled, dataQuality: 'no_traffic' } });
    expect(model.state.weight).toBe(10);
  });

  it('is of no account in a plan that follows its steps', () => {
    expect(new RolloutModel(givenPlan()).look(minute, paced(20)).state.weight).toBe(50);
  });
});

describe('watching after everybody is served', () => {
  const watched = (onAlarm: 'alert' | 'step_back') => givenPlan({ watch: { forMs: 10 * minute, onAlarm } });
  const seen = (alarm: boolean) => {
    const result = givenLook('hold', {}, ['NO_DATA']);
    return { ...result, look: { ...result.look, watch: { metric: 'errors', evidence: 1, alarm } } };
  };
  const everybody = (onAlarm: 'alert' | 'step_back') =>
    new RolloutModel(watched(onAlarm)).look(minute, promote).look(minute, promote);

  it('serves everybody under the rollout, and completes when the watch is over', () => {
    const model = everybody('alert');
    expect(model.state).toMatchObject({ phase: 'progressing', weight: 100, step: 2, judgedWeight: 50 });
    model.look(5 * minute, seen(false));
    expect(model.state.phase).toBe('progressing');
    model.look(5 * minute, seen(true));
    expect(model.state.phase).toBe('completed');
  });

  it('goes back to the last judged weight on an alarm where the plan says so, and up again by the ordinary rule', () => {
    const model = everybody('step_back').look(minute, seen(true));
    expect(model.state).toMatchObject({ phase: 'narrowed', weight: 50, step: 1 });
    expect(model.writes.at(-1)?.planned).toMatchObject({ action: 'rollout.narrow', lowering: true });
    model.look(minute, promote);
    expect(model.state.weight).toBe(100);
  });

  it('is ended by a promotion, which needs no data of a control that nobody has', () => {
    const model = everybody('alert').look(minute, seen(false));
    model.send('promote', {});
    expect(model.state.phase).toBe('completed');
  });

  it('still heeds a rollback', () => {
    expect(everybody('alert').look(minute, rollback).state.phase).toBe('rolled_back');
  });
});

describe('approvals and blackouts', () => {
  const plan = givenPlan({
    steps: [
      { weight: 10, bakeMs: minute, approval: false },
      { weight: 50, bakeMs: minute, approval: true },
    ],
  });

  it('waits for the approval of a step, which an unverified sender cannot give', () => {
    const model = new RolloutModel(plan).look(minute, promote);
    expect(model.state.waitingFor).toBe('approval');
    expect(model.send('approve', {}, { kind: 'unverified', name: 'Temporal', verified: false })).toBe(false);
    expect(model.send('approve')).toBe(true);
    expect(model.state.weight).toBe(50);
  });

  it('records who approved a step, and why, with the write that enters it, and with no other', () => {
    const model = new RolloutModel({ ...plan, steps: plan.steps.map((step) => ({ ...step, approval: true })) });
    model.send('approve', { reason: 'read the dashboard' });
    model.send('approve', {}, { ...alice, name: 'bob' });
    model.look(minute, promote);
    model.look(minute, promote);
    expect(model.writes.map(({ planned }) => planned.evidence.filter(({ code }) => code === 'APPROVED'))).toEqual([
      [{ code: 'APPROVED', text: 'step 1 (10 %) was approved by alice: read the dashboard' }],
      [{ code: 'APPROVED', text: 'step 2 (50 %) was approved by bob' }],
      [],
    ]);
  });

  it('does not let the starter approve when the plan forbids it', () => {
    const strict = new RolloutModel({ ...plan, approvals: { forbidStarter: true, allowUnverified: false } });
    strict.look(minute, promote);
    expect(strict.send('approve', {}, alice)).toBe(false);
    expect(strict.send('approve', {}, { ...alice, name: 'bob' })).toBe(true);
  });

  it('promote does not replace an approval', () => {
    const model = new RolloutModel(plan);
    model.send('promote', { force: true, reason: 'hurry' });
    expect(model.state.weight).toBe(10);
  });

  it('a blackout delays raising, never lowering', () => {
    const untilMs = Date.UTC(2030, 0, 7, 6);
    const dark = givenLook('promote', { blackoutUntilMs: untilMs });
    const model = new RolloutModel(givenPlan()).look(minute, dark);
    expect(model.state).toMatchObject({ weight: 10, waitingFor: 'blackout' });
    // An operator wants to know how long.
    expect(model.last).toMatchObject({
      summary: 'ready to go on; waits for a blackout to end at 2030-01-07T06:00:00.000Z',
    });
    model.look(5000, { ...rollback, blackoutUntilMs: untilMs });
    expect(model.state.phase).toBe('rolled_back');
  });
});

describe('edits and leases', () => {
  const edited = givenLook('promote', {
    flag: {
      standing: 'ours',
      detail: '',
      conflict: 'revision 7 by bob: rules',
      basis: { fingerprint: 'g', candidateFingerprint: 'c2', revision: 7 },
      control: 'off',
    },
  });

  it('an edit pauses the rollout with the difference; resume takes the flag as it is and starts evidence afresh', () => {
    const model = new RolloutModel(givenPlan()).look(minute, edited);
    expect(model.state).toMatchObject({ phase: 'paused', weight: 10, pause: { text: 'revision 7 by bob: rules' } });
    model.send('resume');
    model.look(5000, edited);
    expect(model.state).toMatchObject({ basis: { revision: 7 }, safetyEpoch: 1, harmEpoch: 1 });
    expect(model.state.phase).toBe('progressing');
  });

  it('a lapse is a numbered transition back to the first step, and only leased time counts as bake', () => {
    const model = new RolloutModel(givenPlan()).look(minute, promote).look(30_000, hold);
    model.lapse(10 * minute);
    expect(model.writes.at(-1)?.planned).toMatchObject({ action: 'rollout.lapsed', weight: 10, step: 0 });
    expect(model.state).toMatchObject({ weight: 10, bakedMs: 0, lapsedAtMs: null });
  });

  it('goes on with the same step after a lapse when the plan says so', () => {
    const model = new RolloutModel(givenPlan({ afterLapse: 'same_step' })).look(minute, promote).lapse(10 * minute);
    expect(model.state).toMatchObject({ weight: 50, step: 1 });
  });

  it('an end that was asked for and finds no block is that end, and says why when there never was one', () => {
    const model = new RolloutModel(givenPlan());
    const intent = { kind: 'end' as const, outcome: 'aborted' as const, reason: 'not today', actor: alice };
    const planned = (step: number, asked: Intent | null): PlannedTransition => ({
      ...(model.writes[0] as ModelWrite).planned,
      step,
      outcome: 'aborted',
      reason: 'not today',
      intent: asked,
    });
    const gone = { kind: 'gone' as const, why: 'the flag carries no rollout', outcome: null, nowMs: 1 };
    const early = afterRefusedWrite({ ...model.state, step: -1 }, planned(-1, intent), gone);
    expect(early).toMatchObject({ phase: 'aborted', summary: 'aborted before its first step: not today' });
    expect(endedAsAsked(early, planned(-1, intent))).toBe(true);
    const late = afterRefusedWrite(model.state, planned(0, intent), gone);
    expect(late).toMatchObject({ phase: 'aborted', summary: 'ended: the flag carries no rollout' });
    expect(endedAsAsked(late, planned(0, null))).toBe(false);
    expect(endedAsAsked({ phase: 'completed' }, planned(0, intent))).toBe(false);
  });

  it('a block taken from the flag by others ends the rollout', () => {
    const gone = givenLook('promote', {
      flag: { standing: 'gone', detail: 'the flag was deleted', conflict: null, basis: null, control: null },
    });
    expect(new RolloutModel(givenPlan()).look(minute, gone).state.phase).toBe('aborted');
  });
});

describe('the pace of looks', () => {
  it('starts short, stretches while calm and shortens under tension', () => {
    const plan = givenPlan();
    let intervalMs = plan.look.shortestMs;
    for (let look = 0; look < 30; look += 1) intervalMs = nextInterval(plan, intervalMs, 0);
    expect(intervalMs).toBe(plan.look.longestMs);
    expect(nextInterval(plan, intervalMs, 0.6)).toBe(plan.look.shortestMs);
  });
});

describe('whatever happens', () => {
  const looks = fc.constantFrom(promote, hold, narrow, rollback, silence);
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('look' as const), fc.integer({ min: 1000, max: 200_000 }), looks) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('lapse' as const), fc.integer({ min: 1000, max: 900_000 })) },
    {
      weight: 3,
      arbitrary: fc.tuple(
        fc.constant('send' as const),
        fc.constantFrom('pause', 'resume', 'promote', 'setWeight', 'exclude', 'readmit', 'approve', 'abort'),
        fc.integer({ min: 0, max: 99 }),
      ),
    },
  );
  const events = fc.array(event, { maxLength: 40 });

  function play(happening: readonly unknown[]): RolloutModel {
    const model = new RolloutModel(givenPlan());
    for (const each of happening as [string, never, never][]) {
      if (each[0] === 'look') model.look(each[1], each[2]);
      else if (each[0] === 'lapse') model.lapse(each[1]);
      else model.send(each[1], { weight: each[2], segment: 'eu' });
    }
    return model;
  }

  it('the weight never passes the step served or what an operator set, and is raised only by a verdict or a person', () => {
    fc.assert(
      fc.property(events, (happening) => {
        const model = play(happening);
        for (const { before, planned } of model.writes) {
          if (planned.outcome !== null) continue;
          const asked = planned.intent?.kind === 'weight' ? planned.intent.weight : 0;
          const stepWeight = model.plan.steps[planned.step]?.weight ?? 0;
          const upheld = planned.weight <= Math.max(stepWeight, asked, before.weight);
          expect(upheld).toBe(true);
          const allowed =
            planned.intent !== null ||
            before.lastLook?.verdict === 'promote' ||
            (before.phase === 'narrowed' && before.weight === 0);
          const isRaise = planned.weight > before.weight && planned.action === 'rollout.raise';
          expect(!isRaise || allowed).toBe(true);
        }
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });

  it('nothing is written after an end, and ends leave nobody on the candidate but completion', () => {
    fc.assert(
      fc.property(events, (happening) => {
        const model = play(happening);
        const ending = model.writes.findIndex(({ planned }) => planned.outcome !== null);
        expect([-1, model.writes.length - 1]).toContain(ending);
        expect(!isTerminal(model.state.phase) || [0, 100].includes(model.state.weight)).toBe(true);
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });

  it('a rollback verdict ends the rollout in every live state', () => {
    fc.assert(
      fc.property(events, (happening) => {
        const model = play(happening);
        model.look(1000, rollback);
        expect(isTerminal(model.state.phase)).toBe(true);
      }),
      { seed: 20261121, numRuns: 500 },
    );
  });
});
