import { closeSync, createWriteStream, mkdtempSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../support/errors.js';
import type { Io, Run } from './io.js';

/** What parsers of options see of `-`, which some of them take for nothing. */
const INPUT = '<standard input>';

/** What files begin with that are known by the ends of their names alone. */
const BEGINNINGS: readonly (readonly [string, string])[] = [
  ['\u001f\u008b', '.gz'],
  ['PK\u0003\u0004', '.zip'],
  ['PAR1', '.parquet'],
  ['ARROW1', '.arrow'],
  ['SQLite format 3\0', '.sqlite'],
];

function endingOf(path: string): string {
  const head = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return BEGINNINGS.find(([begin]) => head.toString('latin1').startsWith(begin))?.[1] ?? '';
}

/** The words with a name for standard input. */
export function withInputNamed(words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, w) => (end >= 0 && w > end ? word : word.replace(/^(.*=)?-$/, `$1${INPUT}`)));
}

/**
 * Where `-` is given as data, in the place of a file, reads standard input to its end and has the verb read a file with what came. Readers look into a
 * file more than once, so that it is kept while the program runs.
 */
export async function readInput(argv: Record<string, unknown>, io: Io, run: Run): Promise<void> {
  const isInput = (value: unknown): value is string => typeof value === 'string' && value.endsWith(INPUT);
  const named = Object.entries(argv).filter(([, value]) => [value].flat().some(isInput));
  if (named.length === 0) return;
  const given = [argv['data']].flat().filter(isInput);
  if (given.length === 0 || named.some(([name]) => name !== 'data'))
    throw new UserError('"-" stands for standard input, and only data are read from there');
  if (given.length > 1) throw new UserError('standard input can be read once: give "-" for one of the data alone');
  const folder = mkdtempSync(join(tmpdir(), 'expobench-input-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  run.atEnd.push(() => {
    process.removeListener('exit', remove);
    remove();
  });
  const plain = join(folder, 'standard-input');
  await pipeline(io.input(), createWriteStream(plain));
  const path = `${plain}${endingOf(plain)}`;
  renameSync(plain, path);
  run.shown.set(path, 'standard input');
  const read = (value: unknown): unknown => (isInput(value) ? value.replace(INPUT, path) : value);
  argv['data'] = Array.isArray(argv['data']) ? argv['data'].map(read) : read(argv['data']);
}
