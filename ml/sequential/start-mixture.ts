import { exp } from '../elementary/exp';
import { ln } from '../elementary/ln';
import { logMeanEvidence } from './mixture-evidence';

/** Natural log of a start that has gained nothing yet; finite, so that JSON can carry it. */
const NOTHING = -1e6;

/**
 * A mixture of e-processes over a grid of effects and over the moment at which the effect begins: half of the capital
 * bets that it was there from the first window, half is spread over the windows, the one of block j getting the share
 * 1/(j(j+1)) of it. Plain numbers, bounded.
 */
export interface StartMixture {
  windows: number;
  /** Sum of gains since the beginning, by effect. */
  whole: number[];
  /** Natural log of the starts' capital so far, by effect. */
  starts: number[];
  /** Share of the starts' capital not yet bet. */
  unspent: number;
  /** The two largest gains of any window, by effect. */
  largest: number[];
  second: number[];
}

/** A mixture over so many effects that has seen nothing. */
export function emptyMixture(effects: number): StartMixture {
  const all = (value: number): number[] => Array.from({ length: effects }, () => value);
  return { windows: 0, whole: all(0), starts: all(NOTHING), unspent: 1, largest: all(0), second: all(0) };
}

/**
 * Adds one window's gains (natural logs of e-values, one for each effect), in place. O(effects).
 *
 * @param windowsPerBlock - how many windows share one block of starts, >= 1
 * @param tempering - what the gains are divided by, >= 1
 */
export function addGains(
  mixture: StartMixture,
  gains: readonly number[],
  windowsPerBlock: number,
  tempering = 1,
): void {
  const block = Math.floor(mixture.windows / windowsPerBlock) + 1;
  const share = 1 / (block * (block + 1) * windowsPerBlock);
  const logShare = logOf(share, block);
  mixture.windows += 1;
  mixture.unspent = Math.max(0, mixture.unspent - share);
  for (let effect = 0; effect < gains.length; effect++) {
    const gain = (gains[effect] as number) / tempering;
    mixture.whole[effect] = (mixture.whole[effect] as number) + gain;
    mixture.starts[effect] = addLogs(mixture.starts[effect] as number, logShare) + gain;
    const largest = mixture.largest[effect] as number;
    mixture.second[effect] = Math.max(mixture.second[effect] as number, Math.min(largest, gain));
    mixture.largest[effect] = Math.max(largest, gain);
  }
}

/**
 * Evidence (natural log of an e-value) of the mixture. What the largest window gained above the second largest counts
 * up to `lead` nats only (infinite: in full), so that no single window decides; leaving gains out can only lower the
 * evidence. O(effects).
 *
 * @see Shin, Ramdas, Rinaldo (2024), e-detectors, doi:10.51387/23-NEJSDS51
 */
export function logStartEvidence(mixture: StartMixture, lead: number): number {
  if (mixture.windows === 0) return 0;
  const whole: number[] = [];
  const starts: number[] = [];
  for (const [effect, sum] of mixture.whole.entries()) {
    const cut = Math.max(0, (mixture.largest[effect] as number) - (mixture.second[effect] as number) - lead);
    whole.push(sum - cut);
    starts.push((mixture.starts[effect] as number) - cut);
  }
  const late = addLogs(logMeanEvidence(starts), ln(Math.max(mixture.unspent, 1e-12)));
  return logMeanEvidence([logMeanEvidence(whole), late]);
}

/** Logs of shares asked about before, by block: metrics that have seen as many windows ask for the same ones. */
const KNOWN_BLOCKS = 2048;
const knownShares = new Float64Array(KNOWN_BLOCKS);
const knownLogs = new Float64Array(KNOWN_BLOCKS);

function logOf(share: number, block: number): number {
  const place = block % KNOWN_BLOCKS;
  if (knownShares[place] !== share) {
    knownShares[place] = share;
    knownLogs[place] = ln(share);
  }
  return knownLogs[place] as number;
}

/** Natural log below which a share adds nothing to 1 as a double holds it: less than 2^-54. */
const ADDS_NOTHING = -38;

function addLogs(a: number, b: number): number {
  const larger = Math.max(a, b);
  const apart = Math.min(a, b) - larger;
  return apart < ADDS_NOTHING ? larger : larger + ln(1 + exp(apart));
}
