import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** For calls that Temporal's server answers by itself. */
const CALL_MS = 3_000;
/** For the others, in milliseconds. */
const DEADLINES_MS: ReadonlyMap<string, number> = new Map([
  // Asked by those who want to know whether Temporal is there.
  ['GetSystemInfo', 1_000],
  // A worker's answer waits for the main loop's write.
  ['UpdateWorkflowExecution', 5_000],
  ['PollWorkflowExecutionUpdate', 5_000],
]);

/**
 * Gives every call to Temporal its deadline, retries included: callers are people and programs that wait for an answer.
 *
 * Not by `Connection.withDeadline`, which keeps the deadline in an `AsyncLocalStorage`: up to Node 22 the first use of
 * one puts a hook on every promise and every socket of the process, for as long as it runs, and each evaluation over
 * HTTP pays for it.
 *
 * @param nowMs - milliseconds since the epoch
 */
export function callInterceptors(nowMs: () => number = Date.now): Interceptor[] {
  // gRPC wants a call's interface only, and types it as its own class.
  const setDeadline: Interceptor = (options, nextCall) =>
    nextCall({ ...options, deadline: nowMs() + deadlineMs(options.method_definition.path) }) as ReturnType<Interceptor>;
  // In this order, so that all attempts share one deadline.
  return [setDeadline, makeGrpcRetryInterceptor(defaultGrpcRetryOptions())];
}

/** @param path - `/service/method` */
function deadlineMs(path: string): number {
  return DEADLINES_MS.get(path.slice(path.lastIndexOf('/') + 1)) ?? CALL_MS;
}
