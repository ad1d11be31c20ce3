import type { Collection as MongoCollection, Document, Filter, OptionalUnlessRequiredId, WithoutId } from 'mongodb';
import { isDuplicateKey } from './database';

/**
 * Inserts a document that may stand already, and then leaves that one as it is.
 *
 * @returns whether this call inserted it
 */
export async function insertOnce<T extends Document>(
  collection: MongoCollection<T>,
  document: OptionalUnlessRequiredId<T>,
): Promise<boolean> {
  try {
    await collection.insertOne(document);
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/**
 * One compare-and-swap of a document by its revision.
 *
 * @param before what stands, or null where nothing does
 * @returns false when somebody else wrote in between
 */
export async function swapDocument<T extends Document & { readonly _id: string; readonly revision: number }>(
  collection: MongoCollection<T>,
  before: Pick<T, 'revision'> | null,
  next: T & OptionalUnlessRequiredId<T> & WithoutId<T>,
): Promise<boolean> {
  if (before === null) return insertOnce(collection, next);
  const standing = { _id: next._id, revision: before.revision } as unknown as Filter<T>;
  const result = await collection.replaceOne(standing, next);
  return result.matchedCount === 1;
}
