/** Users of one window and arm are spread over this many documents, by their cell. */
export const USER_SHARDS = 16;
/** No segment's key begins like this. */
const PREFIX = '~users-';

/** The shard of a cell, as it stands in the place of a segment. */
export function userShard(cell: number): string {
  return `${PREFIX}${cell % USER_SHARDS}`;
}

/** Whether a window's segment is a shard of users and no segment. */
export function isUserShard(segment: string): boolean {
  return segment.startsWith(PREFIX);
}
