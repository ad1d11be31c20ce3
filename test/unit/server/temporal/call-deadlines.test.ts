import { AsyncLocalStorage } from 'node:async_hooks';
import { Connection } from '@temporalio/client';
import { callInterceptors } from '../../../../server/temporal/call-deadlines';

type Interceptor = ReturnType<typeof callInterceptors>[number];
type Options = Parameters<Interceptor>[0];

const NOW_MS = 1_700_000_000_000;

function deadlineOf(path: string): Options['deadline'] {
  const [setDeadline] = callInterceptors(() => NOW_MS);
  let deadline: Options['deadline'];
  setDeadline?.({ method_definition: { path } } as Options, (options) => {
    deadline = options.deadline;
    return {} as ReturnType<Interceptor>;
  });
  return deadline;
}

test.each([
  ['StartWorkflowExecution', 3_000],
  ['QueryWorkflow', 3_000],
  ['UpdateWorkflowExecution', 5_000],
  ['PollWorkflowExecutionUpdate', 5_000],
  ['GetSystemInfo', 1_000],
])('a call of %s may take %i ms', (method, ms) => {
  expect(deadlineOf(`/temporal.api.workflowservice.v1.WorkflowService/${method}`)).toBe(NOW_MS + ms);
});

test('a call that nobody answers ends at its deadline, and puts no hook on the process', async () => {
  const run = jest.spyOn(AsyncLocalStorage.prototype, 'run');
  // A port that answers nothing: gRPC waits for a connection until the deadline.
  const connection = Connection.lazy({ address: '127.0.0.1:1', interceptors: callInterceptors() });
  try {
    await expect(connection.workflowService.getSystemInfo({})).rejects.toThrow();
    expect(run).not.toHaveBeenCalled();
  } finally {
    run.mockRestore();
    await connection.close();
  }
});
