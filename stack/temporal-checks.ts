import { Connection } from '@temporalio/client';
import { messageOf } from '../core/errors';
import { accepts } from './ports';
import { SEARCH_ATTRIBUTES } from './search-attributes';

/** `temporal.api.enums.v1.IndexedValueType`, by its numbers on the wire. */
const TYPES = { Keyword: 2, Int: 3, Double: 4 } as const;

/** Why the server at that address does not serve the namespace, or undefined when it does. */
export async function temporalTrouble(
  address: string,
  namespace: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`);
  if (!(await accepts(hostname.replace(/^\[|\]$/g, ''), Number(port), timeoutMs)))
    return 'nothing accepts connections there';
  try {
    const connection = await Connection.connect({ address, connectTimeout: timeoutMs });
    try {
      await connection.withDeadline(Date.now() + timeoutMs, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
      return undefined;
    } finally {
      await connection.close();
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** Registers on a server that is not ours what an embedded one is started with. Safe to repeat. */
export async function registerSearchAttributes(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 5000 });
  try {
    await connection.withDeadline(Date.now() + 10_000, async () => {
      const known = await connection.operatorService.listSearchAttributes({ namespace });
      const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in (known.customAttributes ?? {})));
      if (missing.length === 0) return;
      const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, TYPES[type]]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    });
  } finally {
    await connection.close();
  }
}
