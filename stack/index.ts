export { defaultDataDir } from './data-dir';
export { isDetachedAlive, startDetached, stopDetached, type DetachedPlan } from './detached-process';
export { choosePort, freePort, LOOPBACK } from './ports';
export { SEARCH_ATTRIBUTES } from './search-attributes';
export { startStack } from './start-stack';
export { resetStack, stackStatus, stopStack } from './stop-stack';
export type {
  MongodbComponent,
  Stack,
  StackComponent,
  StackOptions,
  StackPorts,
  StackStatus,
  TemporalComponent,
} from './stack-types';
