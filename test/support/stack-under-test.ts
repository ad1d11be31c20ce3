import type { Stack } from '../../stack';

/** Set-up and teardown are loaded as separate modules in one process: only its globals reach from one to the other. */
const shared = globalThis as { headgateStackUnderTest?: Stack };

/** Remembers the stack that teardown has to end. */
export function keepForTeardown(stack: Stack): void {
  shared.headgateStackUnderTest = stack;
}

/** The stack to end, once. */
export function takeForTeardown(): Stack | undefined {
  const stack = shared.headgateStackUnderTest;
  delete shared.headgateStackUnderTest;
  return stack;
}
