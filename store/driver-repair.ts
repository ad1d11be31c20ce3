import { createRequire } from 'node:module';
import { MongoNetworkError } from 'mongodb';

/** What is needed of a connection of the driver, which does not export it. */
interface DriverConnection {
  readonly id: number | string;
  readonly address: string;
  readonly socket: { readonly destroyed: boolean };
  onError(error: Error): void;
  writeCommand(...args: unknown[]): Promise<unknown>;
}

/** Prototypes that have been repaired: one for each copy of the driver. */
const repaired = new WeakSet<DriverConnection>();

/**
 * Makes a command fail that is sent over a connection whose socket is gone.
 *
 * When a server dies, sockets of the driver are destroyed first and tell that they are closed a moment later. A command
 * that is sent between the two waits for its socket to drain, which a destroyed socket neither does nor refuses, and no
 * time-out of the driver covers that wait (7.8.0 and 7.9.0,
 * `Connection.writeCommand`). Where the command was the heartbeat of the monitor, no server is ever selected again, and
 * the process is without its database until it is started anew: about one kill of the database in thirty did that to a
 * server of ours.
 */
export function repairDriver(): void {
  const { Connection } = createRequire(__filename)('mongodb/lib/cmap/connection') as {
    Connection: { prototype: DriverConnection };
  };
  const { prototype } = Connection;
  if (repaired.has(prototype)) return;
  repaired.add(prototype);
  // Called below with the connection it is sent over.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const writeCommand = prototype.writeCommand;
  prototype.writeCommand = async function (this: DriverConnection, ...args: unknown[]) {
    if (this.socket.destroyed) {
      const error = new MongoNetworkError(`connection ${this.id} to ${this.address} closed`);
      this.onError(error);
      throw error;
    }
    return writeCommand.apply(this, args);
  };
}
