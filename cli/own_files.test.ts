import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();

const SUITE = "{ name: 'own', data: ['planted'], methods: ['Pop'] }";

/** Modules that misbehave, whatever they are for. */
const WAYS: readonly (readonly [string, string, RegExp])[] = [
  ['throws', "throw new Error('no luck');", /no luck/],
  ['throws null', 'throw null;', /null/],
  ['throws a text', "throw 'just text';", /just text/],
  ['rejects', "await Promise.reject(new Error('not kept'));", /not kept/],
  ['rejects later', "Promise.reject(new Error('late')); await new Promise((done) => setTimeout(done, 1000));", /late/],
  ['exits', 'process.exit(0);', /process\.exit/],
  ['does not parse', 'export default {{{', /line 1/],
  ['imports what is not there', "import './nowhere.js';", /nowhere/],
  ['exports nothing', 'export const other = 1;', /must export default/],
];

describe("files of the user's that misbehave: one sentence, exit code 2, nothing left behind", () => {
  test.each(WAYS)('a suite that %s', async (way, text, message) => {
    const name = `suite-${way.replaceAll(' ', '-')}.mjs`;
    writeFileSync(join(folder, name), `${text}\n`);
    await refused(message, 'sweep', name, ...SMALL, '--dry-run');
  });

  test.each(WAYS)('an exposure function whose file %s', async (way, text, message) => {
    const name = `exposure-${way.replaceAll(' ', '-')}.mjs`;
    writeFileSync(join(folder, name), `${text}\n`);
    await refused(message, 'simulate', '--exposure', name, ...SMALL, '--out', 'never');
  });

  test.each([
    ['exits', 'process.exit(0)', /process\.exit/],
    ['throws null', '{ throw null; }', /failed for user 0: null/],
    ['gives a promise', 'Promise.resolve(1)', /\[object Promise\]|returned NaN/],
    ['gives a text', "'much'", /NaN/],
  ])('an exposure function that %s', async (way, body, message) => {
    const name = `function-${way.replaceAll(' ', '-')}.mjs`;
    const text = body.startsWith('{') ? `() => ${body}` : `() => (${body})`;
    writeFileSync(join(folder, name), `export default ${text};\n`);
    await refused(message, 'simulate', '--exposure', name, ...SMALL, '--dim', '4', '--out', 'never');
  });

  test('what they export and is no data', async () => {
    writeFileSync(join(folder, 'function.mjs'), `export default { ...${SUITE}, summary: () => 1 };\n`);
    await refused(/not plain data/, 'sweep', 'function.mjs', '--dry-run');
  });
});

test("a suite's file may wait and print; what it prints does not get among results", async () => {
  writeFileSync(join(folder, 'prints.mjs'), `console.log('hello'); export default Promise.resolve(${SUITE});\n`);
  const { code, out } = await run('sweep', 'prints.mjs', ...SMALL, '--dry-run', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out).rows).toHaveLength(1);
});

async function refused(message: RegExp, ...words: string[]): Promise<void> {
  const { code, out, err } = await run(...words);
  expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
  expect(err.trim().split('\n').length).toBe(1);
  expect(err).not.toMatch(/fault of the program/);
  expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
}
