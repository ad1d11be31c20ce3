import { messageOf } from '../core/errors';
import { sha256 } from '../core/signing';
import type { DatabaseClock } from '../store/database-clock';
import type {
  DriftAlert,
  DriftKind,
  InputDrift,
  ModelDrift,
  ModelDriftRepository,
} from '../store/model-drift-repository';
import { FAILURE_MODEL, type ModelsRepository } from '../store/models-repository';
import type { LiveScore, PredictionsRepository } from '../store/predictions-repository';
import { inputDriftOf, type InputDriftDependencies } from './input-drift';
import { sendToAll, type Notification, type NotificationDependencies } from './notification-activity';
import { SHIPPED } from './shadow-predictions';

/** Changes that inputs are compared on: the latest. */
const MOST_CHANGES = 2_000;
/** Receivers that did not take an alert so many times are given up. */
const MOST_ATTEMPTS = 3;
/** An attempt that began more recently may still be under way elsewhere, in milliseconds. */
const ATTEMPT_MS = 60_000;
/** Grows with what is found, so that what an older version kept is made anew. */
const DRIFT_VERSION = 2;
/** Features that a sentence names. */
const MOST_NAMED = 5;

/** What watching models reads and writes. */
export interface WatchDependencies extends InputDriftDependencies, NotificationDependencies {
  readonly models: Pick<ModelsRepository, 'champion' | 'get'>;
  readonly predictions: Pick<PredictionsRepository, 'latest' | 'scores'>;
  readonly drift: ModelDriftRepository;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** What receivers get of an alert. */
export interface DriftNotification extends Notification {
  readonly event: 'model_drift';
  readonly model: string;
  readonly drift: DriftKind;
}

/**
 * Looks whether the champion still sees the changes it has learned from, and whether as many of them fail as it says.
 * Each onset is told once to receivers of notifications; it is over when the drift is, or with another champion. Safe
 * to repeat and to overlap with a copy of itself; receivers that fail hold nothing up.
 *
 * @returns the kinds of drift that last
 */
export async function watchModels(dependencies: WatchDependencies): Promise<readonly DriftKind[]> {
  const { models, predictions, drift, clock } = dependencies;
  const [standing, { current }, scores, asked] = await Promise.all([
    drift.get(FAILURE_MODEL),
    models.champion(FAILURE_MODEL),
    predictions.scores(FAILURE_MODEL),
    predictions.latest(FAILURE_MODEL, MOST_CHANGES),
  ]);
  const version = current?.version ?? SHIPPED;
  const before = standing?.version === version ? standing : null;
  const of = [DRIFT_VERSION, version, scores?.fingerprint, asked.length, asked[0]?._id];
  const fingerprint = sha256(JSON.stringify(of));
  const isNews = before?.fingerprint !== fingerprint;
  if (!isNews) return kindsOf(await tell(dependencies, before));
  const model = current === null ? null : await models.get(version);
  const called = new Set(before?.inputs.features.flatMap(({ feature, isDrifted }) => (isDrifted ? [feature] : [])));
  const inputs = await inputDriftOf(dependencies, model, asked, called);
  const score = scores?.scores.find((one) => one.version === version);
  const at = new Date(clock.nowMs());
  const alerts = alertsOf(before?.alerts ?? [], { version, inputs, score }, at);
  const next = await drift.swap(standing, { version, fingerprint, at, inputs, alerts }, FAILURE_MODEL);
  // Somebody else has found the same, and tells of it.
  return next === null ? kindsOf({ alerts }) : kindsOf(await tell(dependencies, next));
}

interface Found {
  readonly version: string;
  readonly inputs: InputDrift;
  readonly score: LiveScore | undefined;
}

/** Alerts that last keep their beginning; new ones begin now. */
function alertsOf(before: readonly DriftAlert[], found: Found, since: Date): DriftAlert[] {
  return Object.entries(textsOf(found)).flatMap(([drift, text]) => {
    if (text === null) return [];
    const lasting = before.find((alert) => alert.drift === drift);
    return [lasting ?? { drift: drift as DriftKind, since, text, attempts: 0, triedAt: null, isTold: false }];
  });
}

function textsOf({ version, inputs, score }: Found): Record<DriftKind, string | null> {
  const drifted = inputs.features.filter(({ isDrifted }) => isDrifted);
  const named = drifted.slice(0, MOST_NAMED).map(({ feature, stability }) => `${feature} (${stability.toFixed(2)})`);
  const more = drifted.length > MOST_NAMED ? ` and ${drifted.length - MOST_NAMED} more` : '';
  const calibration = score?.calibration;
  return {
    inputs:
      drifted.length === 0
        ? null
        : `${version} is asked of other changes than it has learned from: ${named.join(', ')}${more}, over ${inputs.changes} changes since`,
    calibration:
      score === undefined || calibration?.isOff !== true
        ? null
        : `${version} no longer says how many rollouts fail: ${calibration.expected.toFixed(1)} expected of ${score.rollouts}, ${score.failures} seen`,
  };
}

/**
 * Tells of onsets that nobody has taken yet. Each attempt is written down before it is made, so that a crash repeats it
 * no more than so often.
 */
async function tell(dependencies: WatchDependencies, found: ModelDrift | null): Promise<ModelDrift | null> {
  let standing = found;
  for (const { drift: kind } of found?.alerts ?? []) {
    const alert = standing?.alerts.find(({ drift }) => drift === kind);
    const nowMs = dependencies.clock.nowMs();
    if (standing === null || alert === undefined || !isDue(alert, nowMs)) continue;
    const tried = { ...alert, attempts: alert.attempts + 1, triedAt: new Date(nowMs) };
    const claimed = await change(dependencies, standing, tried);
    // Somebody else is at it.
    if (claimed === null) return standing;
    const isTold = await send(dependencies, claimed.version, alert);
    standing = (isTold ? await change(dependencies, claimed, { ...tried, isTold }) : null) ?? claimed;
  }
  return standing;
}

function isDue({ attempts, triedAt, isTold }: DriftAlert, nowMs: number): boolean {
  if (isTold || attempts >= MOST_ATTEMPTS) return false;
  return triedAt === null || nowMs - triedAt.getTime() >= ATTEMPT_MS;
}

async function change(
  { drift }: WatchDependencies,
  standing: ModelDrift,
  alert: DriftAlert,
): Promise<ModelDrift | null> {
  const alerts = standing.alerts.map((one) => (one.drift === alert.drift ? alert : one));
  return drift.swap(standing, { ...standing, alerts }, standing._id);
}

async function send(dependencies: WatchDependencies, model: string, alert: DriftAlert): Promise<boolean> {
  const { drift, since, text } = alert;
  const notification: DriftNotification = {
    id: `${model}:model_drift:${drift}:${since.toISOString()}`,
    event: 'model_drift',
    text,
    model,
    drift,
  };
  try {
    await sendToAll(dependencies, notification);
    dependencies.log({ model, drift }, text);
    return true;
  } catch (error) {
    dependencies.log({ model, drift, why: messageOf(error) }, 'receivers were not told that a model has drifted');
    return false;
  }
}

function kindsOf(state: Pick<ModelDrift, 'alerts'> | null): DriftKind[] {
  return (state?.alerts ?? []).map(({ drift }) => drift);
}
