import type { Db } from 'mongodb';
import { chooseArtefactStore } from '../store/artefacts/choose-artefact-store';
import type { ArtefactStore } from '../store/artefacts/artefact-store';
import { GridFsArtefactStore } from '../store/artefacts/gridfs-artefact-store';
import { S3ArtefactStore } from '../store/artefacts/s3-artefact-store';
import type { WorkerConfig } from './config';

/** The store of trained models that a worker's environment names: a bucket, or else the database itself. */
export function artefactStoreOf(db: Db, config: Partial<WorkerConfig>): ArtefactStore {
  const gridfs = new GridFsArtefactStore(db);
  const bucket = config.HEADGATE_ARTEFACTS_S3_BUCKET;
  if (bucket === undefined) return chooseArtefactStore('gridfs', { gridfs });
  const endpoint = config.HEADGATE_ARTEFACTS_S3_ENDPOINT;
  const s3 = new S3ArtefactStore({
    bucket,
    prefix: config.HEADGATE_ARTEFACTS_S3_PREFIX ?? '',
    region: config.HEADGATE_ARTEFACTS_S3_REGION ?? 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  return chooseArtefactStore('s3', { gridfs, s3 });
}
