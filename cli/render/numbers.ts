/** A measured number for people: four significant digits, `–` without one. */
export function measured(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** An e-value for people: coarse, since only its order of size says something. */
export function evidence(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  if (value >= 1e6) return value.toExponential(1);
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** So many of a thing: `1 trace`, `2 traces`. */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/** A weight of 0 to 100 as `12.5 %`. */
export function percent(weight: number): string {
  return `${Number(weight.toFixed(3))} %`;
}

/** A bar of so many cells, filled by a share of 0 to 1; something and everything are only shown when they are so. */
export function bar(share: number, cells: number): string {
  const bounded = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  let filled = Math.round(bounded * cells);
  if (bounded > 0) filled = Math.max(1, filled);
  if (bounded < 1) filled = Math.min(cells - 1, filled);
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}
