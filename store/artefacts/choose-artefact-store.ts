import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ArtefactRef, ArtefactStore } from './artefact-store';

/**
 * Writes to one store and reads from whichever holds an artefact, so that models trained before the store was changed
 * still load.
 *
 * @param writesTo - `gridfs` or `s3`
 * @param stores - by the name that stands in {@link ArtefactRef.store}
 */
export function chooseArtefactStore(writesTo: string, stores: Readonly<Record<string, ArtefactStore>>): ArtefactStore {
  const storeOf = (name: string): ArtefactStore => {
    const store = Object.hasOwn(stores, name) ? stores[name] : undefined;
    if (store !== undefined) return store;
    throw new HeadgateError(ErrorCode.ArtefactStoreUnavailable, `there is no artefact store '${name}' here`, {
      remedy: 'Set HEADGATE_ARTEFACTS_S3_BUCKET and the like for the workers, as when the model was trained.',
    });
  };
  return {
    put: (bytes: Buffer): Promise<ArtefactRef> => storeOf(writesTo).put(bytes),
    get: async (ref: ArtefactRef): Promise<Buffer> => storeOf(ref.store).get(ref),
  };
}
