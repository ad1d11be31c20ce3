'use strict';
const { isMainThread } = require('node:worker_threads');

// Preloaded into the demo's processes: their standard input is a pipe from the demo, which closes however the demo ends. Threads
// inherit the preload and have another standard input, which says nothing of the demo.
if (isMainThread) {
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(1));
  process.stdin.on('error', () => process.exit(1));
  process.stdin.unref?.();
}
