import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

/** Jest runs what the build made: tests stand beside what they test, and are compiled with it. */
const config: Config = {
  rootDir: '.',
  testEnvironment: 'node',
  // Jest walks through all that a test file left in its globals, by recursion, and does not come back from what is deep.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  testMatch: ['<rootDir>/**/*.test.js'],
  transform: {},
  testTimeout: 120_000,
  maxWorkers: Math.min(2, availableParallelism()),
};

export default config;
