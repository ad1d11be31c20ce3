'use strict';

/**
 * Each kind of test is a project. `unit` is pure and takes every core. Those on the real stack share it, each file with a database and a task queue of its own, three files at
 * a time, as they mostly wait. `e2e` has stacks of its own to kill, and begins, as it takes longest.
 */
const base = {
  testEnvironment: 'node',
  rootDir: __dirname,
  transform: { '^.+\\.[tj]s$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }] },
  // ESM-only packages that CommonJS code requires.
  transformIgnorePatterns: [
    '/node_modules/(?!(?:cookie|hyparquet(?:-writer)?|is-any-array|ml-[a-z-]+|@cucumber/[a-z]+)/)',
  ],
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const onStack = {
  ...base,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
      setupFiles: ['<rootDir>/test/support/property-seed.ts'],
    },
    { ...onStack, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...base, displayName: 'replay', testMatch: ['<rootDir>/test/replay/**/*.test.ts'] },
    { ...onStack, displayName: 'conformance', testMatch: ['<rootDir>/test/conformance/**/*.test.ts'] },
    { ...onStack, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
  ],
  testSequencer: '<rootDir>/test/support/longest-first.js',
  testTimeout: 60000,
};
