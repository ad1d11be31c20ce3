const LEAST_POWER = -4;
const GREATEST_POWER = 6;

/**
 * The values of one axis in one form, so that they can be compared at a glance: plain numbers, or, where one of them
 * would be too long for that, all of them as a number times a power of ten.
 */
export function axisTexts(values: readonly number[]): string[] {
  const powers = values.flatMap((value) => (value === 0 ? [] : [Math.floor(Math.log10(Math.abs(value)) + 1e-9)]));
  const isPlain = powers.every((power) => power >= LEAST_POWER && power < GREATEST_POWER);
  return values.map((value) => (isPlain ? String(Number(value.toPrecision(4))) : inPowers(value)));
}

function inPowers(value: number): string {
  if (value === 0) return '0';
  const [digits = '', power = ''] = value.toExponential(3).split('e');
  const factor = String(Number(digits));
  const raised = `10${superscript(Number(power))}`;
  return factor === '1' ? raised : `${factor}·${raised}`;
}

function superscript(power: number): string {
  return String(power).replaceAll(/[-\d]/g, (sign) => (sign === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(sign)] ?? '')));
}
