import { expect, test } from '@jest/globals';
import { explainFileError } from './errors.js';

/** What loading a module says. */
async function failureOf(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    return error;
  }
}

test('a package that npm left out is named with the command that installs it', async () => {
  expect(explainFileError(await failureOf('expobench-is-not-there'))).toMatch(
    /^the package "expobench-is-not-there" is not installed;.*: npm install expobench-is-not-there$/,
  );
  const binding = Object.assign(
    new Error("Cannot find module '@duckdb/node-bindings-linux-x64/duckdb.node'\nRequire stack:"),
    {
      code: 'MODULE_NOT_FOUND',
    },
  );
  expect(explainFileError(binding)).toMatch(/: npm install @duckdb\/node-bindings-linux-x64$/);
});

test('a file that is missing is no package', async () => {
  expect(explainFileError(await failureOf('./nowhere.js'))).toBeUndefined();
});
