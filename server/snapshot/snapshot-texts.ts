import { createHash } from 'node:crypto';
import { carriedBy } from '../../flags/evaluator/flag-line';
import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import { jsonOf, type SentFlag } from './sent';
import type { Content, SnapshotHistory } from './snapshot-history';

/** All that a snapshot says. */
export interface WholeContent extends Content {
  /** Sorted by key. */
  readonly flags: readonly SentFlag[];
  /** Left out where it was never used. */
  readonly killSwitch?: SdkKillSwitch;
  /** Left out where there never was one. */
  readonly holdouts?: SdkHoldouts;
}

/** What is true at the moment of an answer only. */
export interface Moment {
  /** Remaining milliseconds of each live rollout's lease, in the order of the flags; -1 where there is none. */
  readonly leases: readonly number[];
  /** The database's time. */
  readonly timeMs: number;
}

/** SDKs are nearly all at the snapshot before, or at the one before that. */
const MOST_CHANGES_KEPT = 8;

/**
 * A snapshot as it is sent: its entity tag, and each form of it made when it is first asked for and kept for the others
 * who ask.
 */
export class SnapshotTexts {
  /** Strong entity tag with its quotes: a hash of flags, segments, the kill switch and holdouts. */
  readonly etag: string;
  #json: string | undefined;
  #lines: Unfinished | undefined;
  readonly #changes = new Map<string, Unfinished | undefined>();

  constructor(
    private readonly environment: string,
    private readonly content: WholeContent,
    private readonly history: SnapshotHistory,
  ) {
    this.etag = etagOf(content);
    history.add(this.etag, content);
  }

  /**
   * JSON object of environment, etag, flags, segments, kill switch and holdouts, without its closing brace: for SDKs
   * that know no lines.
   */
  get openJson(): string {
    return (this.#json ??= this.makeJson());
  }

  /** Header and flags, one a line. */
  lines(moment: Moment): Buffer {
    this.#lines ??= this.unfinished(this.content, {});
    return finish(this.#lines, moment);
  }

  /** The same with only what has changed since an earlier snapshot; undefined when that one is not remembered. */
  changesSince(etag: string, moment: Moment): Buffer | undefined {
    const { history, content } = this;
    if (!this.#changes.has(etag)) {
      if (this.#changes.size >= MOST_CHANGES_KEPT) this.#changes.clear();
      const changes = history.changesSince(etag, content);
      const segmentKeys = content.segments.map(({ key }) => key);
      this.#changes.set(etag, changes && this.unfinished(changes, { segmentKeys }));
    }
    const changes = this.#changes.get(etag);
    return changes && finish(changes, { ...moment, base: etag });
  }

  private unfinished({ flags, segments }: Content, more: object): Unfinished {
    const { killSwitch, holdouts } = this.content;
    const body = Buffer.from(
      sortedByBytes(flags)
        .map(({ line }) => line)
        .join(''),
    );
    const header = {
      version: 1,
      environment: this.environment,
      etag: this.etag,
      bytes: body.length,
      // In the order of leases, which is not that of lines where keys hold pictures.
      rollouts: flags.map(({ flag }) => carriedBy(flag)).filter((carried) => carried !== undefined),
      ...more,
      killSwitch,
      holdouts,
    };
    const segmentsJson = segments.map(({ json }) => json).join(',');
    return { openHeader: `${JSON.stringify(header).slice(0, -1)},"segments":[${segmentsJson}]`, body };
  }

  private makeJson(): string {
    const { flags, segments, killSwitch, holdouts } = this.content;
    const head = JSON.stringify({ environment: this.environment, etag: this.etag }).slice(0, -1);
    const flagsJson = flags.map(jsonOf).join(',');
    const segmentsJson = segments.map(({ json }) => json).join(',');
    const killJson = killSwitch === undefined ? '' : `,"killSwitch":${JSON.stringify(killSwitch)}`;
    const holdoutsJson = holdouts === undefined ? '' : `,"holdouts":${JSON.stringify(holdouts)}`;
    return `${head},"flags":[${flagsJson}],"segments":[${segmentsJson}]${killJson}${holdoutsJson}`;
  }
}

/** Lines whose header still wants what is true at the moment of an answer. */
interface Unfinished {
  readonly openHeader: string;
  readonly body: Buffer;
}

function finish({ openHeader, body }: Unfinished, moment: Moment & { readonly base?: string }): Buffer {
  return Buffer.concat([Buffer.from(`${openHeader},${JSON.stringify(moment).slice(1)}\n`), body]);
}

/** Hashes digests, so that a change of one flag hashes that flag and not all of them. The same on every server. */
function etagOf({ flags, segments, killSwitch, holdouts }: WholeContent): string {
  const hash = createHash('sha256');
  for (const { digest } of flags) hash.update(digest);
  hash.update('segments');
  for (const { digest } of segments) hash.update(digest);
  hash.update(JSON.stringify({ killSwitch, holdouts }));
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}

/** Evaluators find a key by halving the bytes, whose order is not that of JavaScript's texts where keys hold pictures. */
function sortedByBytes(flags: readonly SentFlag[]): readonly SentFlag[] {
  if (flags.every(({ key }) => /^[\0-\x7f]*$/.test(key))) return flags;
  return [...flags].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}
