import { MongoServerError, type Document } from 'mongodb';
import { bringUpReplicaSet } from '../../../stack/mongodb-checks';

const HOST = '127.0.0.1:27017';

/** A `mongod` as far as its replica set goes. */
function givenMongod(config: Document | undefined) {
  const state = { config, sent: [] as Document[] };
  const send = async (command: Document): Promise<Document> => {
    state.sent.push(command);
    if ('replSetGetConfig' in command) {
      if (state.config === undefined) throw new MongoServerError({ message: 'no replset config', code: 94 });
      return { config: state.config };
    }
    if ('replSetInitiate' in command) state.config = { ...(command['replSetInitiate'] as Document), version: 1 };
    if ('replSetReconfig' in command) state.config = command['replSetReconfig'] as Document;
    return { isWritablePrimary: true };
  };
  return { state, send };
}

describe('the one-member replica set', () => {
  it('is made on a new data folder and then takes writes', async () => {
    const { state, send } = givenMongod(undefined);
    expect(await bringUpReplicaSet(send, 'headgate', HOST)).toBe(false);
    expect(state.config).toMatchObject({ _id: 'headgate', members: [{ _id: 0, host: HOST }] });
    expect(await bringUpReplicaSet(send, 'headgate', HOST)).toBe(true);
  });

  it('follows its server to another port', async () => {
    const { state, send } = givenMongod({
      _id: 'headgate',
      version: 4,
      term: 2,
      members: [{ _id: 0, host: '127.0.0.1:1', votes: 1 }],
    });
    expect(await bringUpReplicaSet(send, 'headgate', HOST)).toBe(false);
    expect(state.config).toMatchObject({ version: 5, members: [{ _id: 0, host: HOST, votes: 1 }] });
    expect(state.sent.at(-1)).toMatchObject({ force: true });
    expect(await bringUpReplicaSet(send, 'headgate', HOST)).toBe(true);
  });

  it('passes on every other trouble', async () => {
    const send = () => Promise.reject(new MongoServerError({ message: 'not authorized', code: 13 }));
    await expect(bringUpReplicaSet(send, 'headgate', HOST)).rejects.toThrow('not authorized');
  });
});
