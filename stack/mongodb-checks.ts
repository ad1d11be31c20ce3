import { MongoClient, MongoServerError, type Db, type Document } from 'mongodb';

const ANSWER_TIMEOUT_MS = 1000;
const NOT_YET_INITIALIZED = 94;

/** Whether the stand-in answers. */
export function standinReady(url: string): Promise<boolean> {
  return withAdmin(url, async (admin) => (await admin.command({ ping: 1 }))['ok'] === 1);
}

/**
 * Whether a `mongod` takes writes as the only member of its replica set. Makes the set on a new data folder, and corrects the
 * member's address when the port has changed since.
 */
export function mongodReady(url: string, replicaSet: string, host: string): Promise<boolean> {
  return withAdmin(url, (admin) => bringUpReplicaSet((command) => admin.command(command), replicaSet, host));
}

/** One step towards a one-member replica set under that address; true once it is there and takes writes. */
export async function bringUpReplicaSet(
  send: (command: Document) => Promise<Document>,
  replicaSet: string,
  host: string,
): Promise<boolean> {
  const members = [{ _id: 0, host }];
  let config: Document;
  try {
    config = (await send({ replSetGetConfig: 1 }))['config'] as Document;
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NOT_YET_INITIALIZED) throw error;
    await send({ replSetInitiate: { _id: replicaSet, members } });
    return false;
  }
  const [member] = config['members'] as Document[];
  if (member?.['host'] !== host) {
    // Forced, as a set that does not find itself under its old address has no primary that could agree.
    await send({
      replSetReconfig: { ...config, version: Number(config['version']) + 1, members: [{ ...member, host }] },
      force: true,
    });
    return false;
  }
  return (await send({ hello: 1 }))['isWritablePrimary'] === true;
}

async function withAdmin(url: string, ask: (admin: Db) => Promise<boolean>): Promise<boolean> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: ANSWER_TIMEOUT_MS, maxPoolSize: 1 });
  try {
    return await ask(client.db('admin'));
  } catch {
    return false;
  } finally {
    await client.close();
  }
}
