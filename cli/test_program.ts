import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll } from '@jest/globals';
import { testFolder } from '../support/test_folder.js';
import type { Io } from './io.js';
import { runProgram } from './program.js';

/** What a run of the program came to. */
export interface Answered {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** For tests: runs the program within this process, in a folder of the test file's own that is the working directory, too. */
export function testProgram(): {
  readonly folder: string;
  run(...words: string[]): Promise<Answered>;
  /** The same with something on standard input. */
  runOn(input: string | Uint8Array, ...words: string[]): Promise<Answered>;
  /** The same on a terminal that is so many columns wide. */
  runAt(columns: number, ...words: string[]): Promise<Answered>;
} {
  const folder = testFolder();
  const before = process.cwd();
  beforeAll(() => {
    process.chdir(folder);
    process.env['EXPOBENCH_CACHE'] = join(folder, 'cache');
  });
  afterAll(() => process.chdir(before));
  const runWith = async (io: Partial<Io>, words: readonly string[]): Promise<Answered> => {
    let [out, err] = ['', ''];
    const code = await runProgram(words, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      input: () => Readable.from([Buffer.from('')]),
      isTerminal: false,
      isErrorTerminal: false,
      patience: Number.POSITIVE_INFINITY,
      ...io,
    });
    return { code, out, err };
  };
  return {
    folder,
    run: (...words) => runWith({}, words),
    runOn: (input, ...words) => runWith({ input: () => Readable.from([Buffer.from(input)]) }, words),
    runAt: (columns, ...words) => runWith({ columns, isTerminal: true }, words),
  };
}

/** Options of a planted world that is made in no time. */
export const SMALL = ['--users', '60', '--items', '50', '--ratings-per-user', '15'];
