import { ProviderEvents } from '@openfeature/server-sdk';
import { HeadgateProvider } from '../../sdk/src';

/** One service of many: follows the server, and tells whoever forked it when a flag's value for a user has changed. */
const [, , url = '', token = '', flag = '', targetingKey = ''] = process.argv;

/** A value as it was first seen, on the clock that all processes of the machine share. */
export interface Seen {
  readonly isOn: boolean;
  readonly atNs: string;
}

async function main(): Promise<void> {
  const provider = new HeadgateProvider({ url, token, initializeTimeoutMs: 60_000 });
  let isOn: boolean | undefined;
  const look = (): void => {
    const now = provider.evaluateBoolean(flag, false, { targetingKey });
    if (now === isOn) return;
    isOn = now;
    process.send?.({ isOn, atNs: String(process.hrtime.bigint()) } satisfies Seen);
  };
  provider.events.addHandler(ProviderEvents.ConfigurationChanged, look);
  await provider.initialize();
  look();
}

process.once('disconnect', () => process.exit(0));
void main();
