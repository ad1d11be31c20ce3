import { ErrorCode, HeadgateError } from './errors';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy;

/**
 * Reads a duration such as `30s`, `10m`, `1h30m` or `250ms`.
 *
 * @returns whole milliseconds
 * @throws {HeadgateError} INVALID_DURATION when the text is not a sum of numbers with units
 */
export function parseDuration(text: string): number {
  const compact = text.trim();
  let total = 0;
  let end = 0;
  PART.lastIndex = 0;
  for (let part = PART.exec(compact); part !== null; part = PART.exec(compact)) {
    total += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? Number.NaN);
    end = PART.lastIndex;
  }
  if (end === 0 || end !== compact.length || !Number.isFinite(total)) {
    throw new HeadgateError(ErrorCode.InvalidDuration, `'${text}' is not a duration`, {
      remedy: 'Write a number with a unit: 250ms, 30s, 10m, 1h30m or 2d.',
    });
  }
  return Math.round(total);
}

/** Writes milliseconds for people, at most two units: `1h 5m`, `12s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
