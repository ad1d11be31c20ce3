/** A range of addresses: all whose first `bits` bits are those of `bytes`. 4 bytes are IPv4, 16 IPv6. */
export interface AddressRange {
  readonly bytes: readonly number[];
  readonly bits: number;
}

const LONGEST_ADDRESS = 45;

/**
 * Bytes of an IPv4 or IPv6 address in text form; an IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4
 * address, so that both spellings of one client match the same ranges.
 *
 * @returns undefined for anything else, zone identifiers among them
 * @see RFC 4291, sections 2.2 and 2.5.5.2
 */
export function parseAddress(value: unknown): readonly number[] | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_ADDRESS) return undefined;
  if (!value.includes(':')) return parseIpv4(value);
  const bytes = parseIpv6(value);
  const isMapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped === true ? bytes?.slice(12) : bytes;
}

/**
 * A range as `10.0.0.0/8`, `2001:db8::/32`, or one address. Bits beyond the prefix need not be zero.
 *
 * @returns undefined for anything else
 * @see RFC 4632, section 3.1
 */
export function parseRange(value: unknown): AddressRange | undefined {
  if (typeof value !== 'string') return undefined;
  const [address = '', prefix, ...rest] = value.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined || rest.length > 0) return undefined;
  if (prefix === undefined) return { bytes, bits: bytes.length * 8 };
  if (!/^\d{1,3}$/.test(prefix)) return undefined;
  // The prefix of a mapped IPv4 range counts the 96 bits before it.
  const bits = Number(prefix) - (address.includes(':') && bytes.length === 4 ? 96 : 0);
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Whether an address lies in a range; addresses of another family never do. */
export function isInRange(address: readonly number[], { bytes, bits }: AddressRange): boolean {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i += 1) if (address[i] !== bytes[i]) return false;
  const left = bits & 7;
  if (left === 0) return true;
  const mask = (0xff << (8 - left)) & 0xff;
  return ((address[whole] as number) & mask) === ((bytes[whole] as number) & mask);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  // A leading zero is octal to some and decimal to others, so it is neither here.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')).flatMap(groupBytes));
  if (head === undefined || head.includes(-1) || tail?.includes(-1) === true) return undefined;
  if (tail === undefined) return head.length === 16 ? head : undefined;
  const gap = 16 - head.length - tail.length;
  return gap >= 2 ? [...head, ...Array.from({ length: gap }, () => 0), ...tail] : undefined;
}

/** Bytes of one group, or of an IPv4 address at the end; −1 for what is neither. */
function groupBytes(group: string, index: number, groups: readonly string[]): number[] {
  if (group.includes('.') && index === groups.length - 1) return parseIpv4(group) ?? [-1];
  if (!/^[\da-fA-F]{1,4}$/.test(group)) return [-1];
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
