import { ErrorCode, HeadgateError } from '../../core/errors';

/** Bytes as base64 text. Numbers of more than one byte stand low byte first, whatever the machine. */
export function base64OfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes of base64 text. */
export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** Floats of 64 bits as base64 text. */
export function base64OfFloats(values: Float64Array): string {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, index) => view.setFloat64(index * 8, value, true));
  return base64OfBytes(new Uint8Array(view.buffer));
}

/**
 * Floats of base64 text.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when the text ends within a number
 */
export function floatsOfBase64(text: string): Float64Array {
  const bytes = bytesOfBase64(text);
  if (bytes.length % 8 !== 0)
    throw new HeadgateError(ErrorCode.InvalidArgument, 'the model file is damaged: numbers end early');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
}
