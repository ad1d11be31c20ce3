import { answerOf } from '../../sdk/src/snapshot-document';
import type { SnapshotState } from '../../sdk/src/snapshot-state';
import type { SnapshotBody } from '../../sdk/src/wire';

/** Gives a whole snapshot to a state, as a server told it. @returns keys of the flags that may evaluate differently */
export function tell(state: SnapshotState, body: SnapshotBody, etag = 'e'): string[] {
  const changes = state.apply(answerOf(body), etag, 0);
  if (changes === undefined) throw new Error('the answer did not fit');
  return changes.keys();
}
