import { isSignatureOf, signedPart } from '../core/signing';
import { documentId } from '../flags/document/identifiers';
import type { AnalysisStatesRepository } from '../store/analysis-states-repository';
import type { RolloutUsersRepository } from '../store/rollout-users-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { WindowsRepository } from '../store/windows-repository';
import { refineBaselines, type BaselineDependencies } from './baseline-activities';
import { renewLease, type LeaseDependencies } from './renew-lease';
import type { RolloutActivities } from './rollout-activities';

/** What the activities around a rollout need. */
export interface SupportDependencies extends LeaseDependencies {
  readonly rollouts: RolloutsRepository;
  readonly decisions: BaselineDependencies['decisions'];
  readonly baselines: BaselineDependencies['baselines'];
  readonly vectorBaselines: BaselineDependencies['vectorBaselines'];
  readonly prometheus?: BaselineDependencies['prometheus'];
  readonly windows: Pick<WindowsRepository, 'compact' | 'readCompacted'>;
  readonly states: AnalysisStatesRepository;
  /** Keys and hashes of users. */
  readonly users: Pick<RolloutUsersRepository, 'destroyKey' | 'removeUsers'>;
  /** Shared with the server, which signs messages by it. */
  readonly signingKey: string;
}

type Activities = Pick<RolloutActivities, 'renewLease' | 'identifySender' | 'saveProjection' | 'cleanUpRollout'>;

/** Activities for leases, senders, the projection and tidying. */
export function createSupportActivities(dependencies: SupportDependencies): Activities {
  const { leases, rollouts, windows, states, users, signingKey } = dependencies;
  return {
    renewLease: ({ rolloutId }) => renewLease(dependencies, rolloutId),

    /** Reads only. */
    async identifySender({ workflowId, rolloutId, name, args }) {
      const { actor } = args;
      const verified =
        actor !== undefined &&
        isSignatureOf(actor.signature, signingKey, signedPart(workflowId, rolloutId, name, args));
      if (!verified) return { kind: 'unverified', name: (actor?.name ?? 'Temporal').slice(0, 200), verified: false };
      return { kind: 'token', name: actor.name, role: actor.role, verified: true };
    },

    /** A copy that arrives after a newer one changes nothing. */
    async saveProjection(request) {
      const { rolloutId, phase, plan, ...rest } = request;
      await rollouts.save({
        ...rest,
        _id: rolloutId,
        plan,
        state: phase,
        ...(plan.change === undefined ? {} : { changeId: plan.change.id }),
      });
    },

    /**
     * Each part is idempotent: the lease is gone or not, the key is destroyed and hashes are removed, windows are
     * compacted once, the judge's state is dropped, a rollout teaches the baselines once.
     */
    async cleanUpRollout({ rolloutId, environment, flagKey, control, candidate }) {
      const flagId = documentId(environment, flagKey);
      await leases.end(rolloutId);
      // The key first: from then on nobody's hash can be made or recognised. Compaction folds what is pending, so
      // hashes go after it.
      await users.destroyKey({ rolloutId, flagId });
      await windows.compact({ flagId, rolloutId, control, candidate });
      await users.removeUsers(rolloutId);
      await states.remove(rolloutId);
      await refineBaselines(dependencies, { rolloutId, environment, flagKey, control, candidate });
    },
  };
}
