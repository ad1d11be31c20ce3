import { processIo } from './io';
import { run } from './run';

// The exit code is set rather than taken at once, so that a pipe is written to its end.
void run(process.argv.slice(2), processIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
