import { Binary } from 'mongodb';
import type { Deltas } from '../metrics/deltas';
import { windowId, type WindowKey } from '../metrics/window-key';

/**
 * Deltas as a group carries them until it is folded. Packed, because the database would otherwise spend more time on
 * taking apart tens of thousands of array elements than on all else of ingestion.
 */
export interface PackedDeltas {
  /** Each path once. */
  readonly paths: readonly string[];
  readonly windows: readonly PackedDelta[];
}

/** One window's delta. */
interface PackedDelta {
  readonly key: WindowKey;
  /** Where each amount's path stands in the list: 32-bit integers, little-endian as on every machine that Node.js supports. */
  readonly at: Binary;
  /** 64-bit floating-point numbers in the same order. */
  readonly amounts: Binary;
}

/** Packs deltas: 12 bytes for each amount. */
export function packDeltas(deltas: Deltas): PackedDeltas {
  const places = new Map<string, number>();
  const windows = Array.from(deltas.values(), ({ key, amounts }) => {
    const at = Int32Array.from(amounts.keys(), (path) => {
      const place = places.get(path) ?? places.size;
      places.set(path, place);
      return place;
    });
    return { key, at: toBinary(at), amounts: toBinary(Float64Array.from(amounts.values())) };
  });
  return { paths: [...places.keys()], windows };
}

/** The deltas that were packed. */
export function unpackDeltas({ paths, windows }: PackedDeltas): Deltas {
  const deltas: Deltas = new Map();
  for (const { key, at, amounts } of windows) {
    const places = new Int32Array(bytesOf(at));
    const values = new Float64Array(bytesOf(amounts));
    const byPath = new Map<string, number>();
    places.forEach((place, index) => byPath.set(paths[place] ?? '', values[index] ?? 0));
    deltas.set(windowId(key), { key, amounts: byPath });
  }
  return deltas;
}

function toBinary({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): Binary {
  return new Binary(Buffer.from(buffer, byteOffset, byteLength));
}

/** A copy that begins at an address that numbers may be read from. */
function bytesOf(binary: Binary): ArrayBuffer {
  return new Uint8Array(binary.value()).buffer;
}
