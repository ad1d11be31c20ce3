'use strict';
// Preloaded into the demo's processes: their standard input is a pipe from the demo, which closes however the demo ends.
process.stdin.resume();
process.stdin.on('end', () => process.exit(1));
process.stdin.on('error', () => process.exit(1));
process.stdin.unref?.();
