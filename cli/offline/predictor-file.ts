import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { loadPredictor } from '../../ml/prediction/load-predictor';
import type { Predictor } from '../../ml/prediction/predictor';
import type { Io } from '../io';
import { openSink } from './line-sink';

/** Largest model file that is read. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads a model file.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when there is none, or it is no model
 */
export async function readPredictor(io: Io, path: string): Promise<Predictor> {
  const text = await io.readText(path).catch((error: unknown) => {
    throw new HeadgateError(ErrorCode.InvalidArgument, `the model '${path}' cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  if (text.length > MOST_BYTES)
    throw new HeadgateError(ErrorCode.InvalidArgument, `the model '${path}' is larger than 64 MB`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `'${path}' is not JSON: ${messageOf(error)}`, { cause: error });
  }
  return loadPredictor(json);
}

/** Writes a model file, whole or not at all; answers its size in bytes. */
export async function writePredictor(io: Io, path: string, predictor: Predictor): Promise<number> {
  const text = JSON.stringify(predictor);
  const sink = await openSink(io, path);
  try {
    await sink.write(text);
    await sink.close();
  } catch (error) {
    await sink.discard();
    throw error;
  }
  return Buffer.byteLength(text) + 1;
}
