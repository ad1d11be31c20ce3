import type { Db } from 'mongodb';
import { KillSwitch, KillSwitchRecord } from '../flags/document/kill-switch';
import { Collection } from './collections';
import { EnvironmentDocument, type EnvironmentChainReport, type EnvironmentEdit } from './environment-document';

/** Who turns a switch, why and when. */
export type KillSwitchEdit = EnvironmentEdit;

/** A switch, and the record of the write that made it so; null where it was never used. */
export type StandingKillSwitch = KillSwitch & { readonly lastChange: KillSwitchRecord | null };

/** One kill switch for each environment, written by compare-and-swap on the revision, each write with its record. */
export interface KillSwitchesRepository {
  /** The switch; one that was never used is off at revision 0. */
  get(environment: string): Promise<StandingKillSwitch>;
  /** Turns it as the next revision if it stands at `expectedRevision`; null on a conflict. */
  put(
    environment: string,
    on: boolean,
    expectedRevision: number,
    edit: KillSwitchEdit,
  ): Promise<StandingKillSwitch | null>;
  /** Its records, newest first. */
  records(environment: string, limit?: number): Promise<KillSwitchRecord[]>;
  /** Checks its chain: numbers, hashes, and that it ends where the switch stands. */
  verify(environment: string): Promise<EnvironmentChainReport>;
}

/** {@link KillSwitchesRepository} in MongoDB. */
export class MongoKillSwitchesRepository implements KillSwitchesRepository {
  private readonly switches: EnvironmentDocument<KillSwitch, KillSwitchRecord>;

  constructor(db: Db) {
    this.switches = new EnvironmentDocument(db, {
      collection: Collection.KillSwitches,
      decisions: Collection.KillSwitchDecisions,
      suffix: 'kill-switch',
      idField: 'switchId',
      called: 'the kill switch',
      body: KillSwitch,
      record: KillSwitchRecord,
      shown: ({ environment, on }) => ({ environment, on }),
    });
  }

  async get(environment: string): Promise<StandingKillSwitch> {
    return (await this.switches.get(environment)) ?? { environment, on: false, revision: 0, lastChange: null };
  }

  put(
    environment: string,
    on: boolean,
    expectedRevision: number,
    edit: KillSwitchEdit,
  ): Promise<StandingKillSwitch | null> {
    const action = on ? 'environment.kill' : 'environment.release';
    return this.switches.put({ environment, on }, expectedRevision, action, edit);
  }

  records(environment: string, limit?: number): Promise<KillSwitchRecord[]> {
    return this.switches.records(environment, limit);
  }

  verify(environment: string): Promise<EnvironmentChainReport> {
    return this.switches.verify(environment);
  }
}
