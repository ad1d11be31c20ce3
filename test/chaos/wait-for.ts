/** Reads until what was read is as wanted, or time is up; answers the last. */
export async function waitFor<T>(read: () => Promise<T>, wanted: (value: T) => boolean, timeoutMs: number): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (wanted(value) || Date.now() > giveUpAt) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
