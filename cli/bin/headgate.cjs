#!/usr/bin/env node
'use strict';
// A published package carries compiled code in dist/; a checkout runs its TypeScript directly.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const compiled = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');
if (existsSync(compiled)) {
  require(compiled);
} else {
  require('tsx/cjs');
  require('../main.ts');
}
