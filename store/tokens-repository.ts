import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/** What a token allows. `sdk` and `client` belong to one environment. */
export type TokenRole = 'viewer' | 'operator' | 'admin' | 'sdk' | 'client';

/** A token as it is stored: never its secret, only the SHA-256 of the whole token. */
export interface TokenDocument {
  readonly _id: string;
  readonly hash: string;
  readonly name: string;
  readonly role: TokenRole;
  readonly environment?: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

/** Bearer tokens by the hash of their text. */
export interface TokensRepository {
  /** False when a token of that id or hash exists already. */
  insert(token: TokenDocument): Promise<boolean>;
  findByHash(hash: string): Promise<TokenDocument | null>;
  /** A token by its id, revoked or not. */
  get(id: string): Promise<TokenDocument | null>;
  /** Oldest first, revoked ones included. */
  list(): Promise<TokenDocument[]>;
  /** Marks a token as revoked; answers whether there was one to revoke. */
  revoke(id: string, revokedAt: string): Promise<boolean>;
}

/** {@link TokensRepository} in MongoDB. */
export class MongoTokensRepository implements TokensRepository {
  private readonly tokens: MongoCollection<TokenDocument>;

  constructor(db: Db) {
    this.tokens = db.collection<TokenDocument>(Collection.Tokens);
  }

  async insert(token: TokenDocument): Promise<boolean> {
    return insertOnce(this.tokens, token);
  }

  async findByHash(hash: string): Promise<TokenDocument | null> {
    return this.tokens.findOne({ hash });
  }

  async get(id: string): Promise<TokenDocument | null> {
    return this.tokens.findOne({ _id: id });
  }

  async list(): Promise<TokenDocument[]> {
    return this.tokens.find().sort({ createdAt: 1 }).toArray();
  }

  async revoke(id: string, revokedAt: string): Promise<boolean> {
    const result = await this.tokens.updateOne({ _id: id, revokedAt: { $exists: false } }, { $set: { revokedAt } });
    return result.modifiedCount === 1;
  }
}
