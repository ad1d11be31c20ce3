/** A straight map from values to places. */
export interface Scale {
  readonly min: number;
  readonly max: number;
  place(value: number): number;
}

/** Maps `[min, max]` to `[from, to]`; values outside are held at the ends. */
export function linearScale(min: number, max: number, from: number, to: number): Scale {
  const span = max > min ? max - min : 1;
  return {
    min,
    max,
    place: (value) => from + ((Math.min(max, Math.max(min, value)) - min) / span) * (to - from),
  };
}

/** Round values within a span, about so many: steps of 1, 2 or 5 times a power of ten. */
export function roundTicks(min: number, max: number, about: number): number[] {
  const span = max - min;
  if (!(span > 0)) return [min];
  const rough = span / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let index = Math.ceil(min / step); index * step <= max * (1 + 1e-9); index++) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}
