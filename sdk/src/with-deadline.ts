/**
 * Runs a request that ends after `timeoutMs` or when `stop` is raised. Nothing stays attached to a long-lived `stop`
 * afterwards.
 *
 * @throws whatever `work` does when its signal is raised
 */
export async function withDeadline<T>(
  timeoutMs: number,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const late = (): void => controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  const timer = setTimeout(late, timeoutMs).unref();
  stop?.addEventListener('abort', abort, { once: true });
  if (stop?.aborted === true) abort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', abort);
  }
}
