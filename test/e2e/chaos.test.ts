import { ChaosStand } from '../chaos/chaos-stand';
import { MOMENTS, VICTIMS } from '../chaos/moments';
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

  it('leaves every hash chain whole', async () => {
    const { records, problems } = await verifyChains(stand);
    expect(records).toBe(cells.length * 4);
    expect(problems).toEqual([]);
  });
});
