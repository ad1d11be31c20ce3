import { probeMongoUrl } from '../../../store/database-probe';
import { temporalTrouble } from '../../../stack/temporal-checks';

describe('the stack shared by all tests', () => {
  it('has a database that passes the probe', async () => {
    const capabilities = await probeMongoUrl(process.env['HEADGATE_MONGODB_URL'] ?? '', 'headgate_shared_stack');
    expect(capabilities.changeStreams).toBe(true);
  });

  it('has a Temporal server that serves the default namespace', async () => {
    const address = process.env['HEADGATE_TEMPORAL_ADDRESS'] ?? '';
    expect(await temporalTrouble(address, 'default', 5000)).toBeUndefined();
  });
});
