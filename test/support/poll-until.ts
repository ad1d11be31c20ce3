/**
 * Reads again and again until what was read is as wanted.
 *
 * @throws {Error} with the last one read, when it is not in time
 */
export async function pollUntil<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > giveUpAt) throw new Error(`not in time; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
