import { mulberry32 } from '../../ml/random/mulberry32';
import { ChaosStand } from '../chaos/chaos-stand';
import { EXPERIMENT_ENVIRONMENT, runExperimentTrial } from '../chaos/experiment-trial';
import { GROUP_ENVIRONMENT, runGroupTrial } from '../chaos/group-trial';
import { GROUP_MOMENTS, MOMENTS, VICTIMS } from '../chaos/moments';
import { runSoak } from '../chaos/soak';
import { runTrial, verifyChains } from '../chaos/trial';

describe('whatever is killed, whenever', () => {
  let stand: ChaosStand;
  let number = 0;

  beforeAll(async () => {
    stand = await ChaosStand.open();
  });
  afterAll(() => stand.close());

  const cells = VICTIMS.flatMap((victim) => MOMENTS.map((moment) => ({ victim, moment })));

  it.each(cells)('the $victim killed $moment: nothing is lost, doubled or late', async ({ victim, moment }) => {
    number += 1;
    const { problems } = await runTrial(stand, victim, moment, number);
    expect(problems).toEqual([]);
  });

  it.each(GROUP_MOMENTS)('a worker killed %s of a group: nothing is lost or doubled', async (moment) => {
    expect(await runGroupTrial(stand, moment)).toEqual([]);
    expect((await verifyChains(stand, GROUP_ENVIRONMENT)).problems).toEqual([]);
  });

  it.each(MOMENTS)('a worker killed %s of an experiment: nothing is lost or doubled', async (moment) => {
    expect(await runExperimentTrial(stand, moment)).toEqual([]);
    expect((await verifyChains(stand, EXPERIMENT_ENVIRONMENT)).problems).toEqual([]);
  });

  it('parts killed at random, two at once or standing still: nothing is lost, doubled or wrong', async () => {
    const random = mulberry32(3);
    const { problems, messages, blows } = await runSoak(stand, {
      seconds: 15,
      rollouts: 2,
      random,
      log: () => undefined,
    });
    expect(problems).toEqual([]);
    expect(messages).toBeGreaterThan(0);
    expect(Object.keys(blows)).not.toEqual([]);
  }, 300_000);

  it('leaves every hash chain whole', async () => {
    const { records, problems } = await verifyChains(stand);
    expect(records).toBe(cells.length * 4);
    expect(problems).toEqual([]);
  });
});
