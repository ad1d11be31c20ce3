import { GridFSBucket, MongoRuntimeError, type Db } from 'mongodb';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtefactRef, ArtefactStore } from './artefact-store';
import { checkedArtefact, describeArtefact } from './check-artefact';

/** {@link ArtefactStore} in the database itself, by GridFS: nothing more to run. */
export class GridFsArtefactStore implements ArtefactStore {
  private readonly bucket: GridFSBucket;

  constructor(db: Db) {
    this.bucket = new GridFSBucket(db, { bucketName: 'artefacts' });
  }

  async put(bytes: Buffer): Promise<ArtefactRef> {
    const ref = describeArtefact('gridfs', bytes);
    // What is there and whole is not written again; a torn upload is followed by a whole one, which is the newest of its name.
    if ((await this.read(ref))?.equals(bytes)) return ref;
    await pipeline(Readable.from([bytes]), this.bucket.openUploadStream(ref.key));
    return ref;
  }

  async get(ref: ArtefactRef): Promise<Buffer> {
    return checkedArtefact(ref, await this.read(ref));
  }

  private async read(ref: ArtefactRef): Promise<Buffer | null> {
    try {
      return await buffer(this.bucket.openDownloadStreamByName(ref.key));
    } catch (error) {
      if (error instanceof MongoRuntimeError) return null;
      throw error;
    }
  }
}
