import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { UserItems } from '../../datasets/interactions.js';
import { readNpy, readNpyHeader, readNumbers } from '../../datasets/number_file.js';
import type { Question, Scorer } from '../../models/scorer.js';
import { DivergedError } from '../../models/trainer.js';
import type { TrainContext } from '../../propensities/context.js';
import { UserError } from '../../support/errors.js';
import type { Trained } from '../method.js';
import type { AskedPairs } from './pairs.js';
import type { MethodFile } from './schema.js';

/** The first of some files of a folder that is there. */
const found = (folder: string, name: string, endings: readonly string[]): string | undefined =>
  endings.map((ending) => join(folder, `${name}${ending}`)).find((path) => existsSync(path));

const TABLES = ['.arrow', '.feather', '.parquet', '.csv'] as const;

/** What a program answered. */
export type Answers = Pick<Trained, 'scorer' | 'dispose'>;

/**
 * What a program wrote, as a scorer. Throws DivergedError for scores that are missing or no numbers, since that is the trial's fault and not the
 * sweep's.
 */
export async function readAnswers(
  { name, gives = 'lists' }: MethodFile,
  folder: string,
  pairs: AskedPairs,
  { size }: TrainContext,
  full: boolean,
): Promise<Answers> {
  const path = found(folder, 'scores', ['.npy', ...TABLES]);
  if (!path)
    throw new DivergedError(
      'it wrote no scores',
      `its program must write scores.csv, .arrow, .parquet or .npy to the folder that it is given`,
    );
  const scores = await asTrialFault(() => readScores(path));
  if (scores.length !== pairs.user.length)
    throw new DivergedError(
      `${basename(path)} has ${scores.length.toLocaleString('en')} scores, and ${pairs.user.length.toLocaleString('en')} pairs were asked for`,
      'write one for each row of pairs, in its order',
    );
  const odd = scores.findIndex((score) => !Number.isFinite(score));
  if (odd >= 0)
    throw new DivergedError(`${basename(path)}, row ${odd + 1}: the score is ${scores[odd]}`, 'write finite numbers');
  const scorePairs = pairScorer(name, pairs, scores, size.items);
  if (!full || gives === 'pairs') return { scorer: { scorePairs } };
  if (gives === 'matrix') {
    const { scoreRow, close } = matrixRows(join(folder, 'matrix.npy'), size);
    return { scorer: { scorePairs, scoreRow }, dispose: close };
  }
  const lists = found(folder, 'lists', TABLES);
  if (!lists)
    throw new DivergedError(
      'it wrote no lists',
      'write lists.csv, .arrow or .parquet (user, item, rank), or say "gives: pairs" in its method file',
    );
  const table = await asTrialFault(() => readNumbers(lists, ['user', 'item', 'rank']));
  return { scorer: { scorePairs, bestItems: listedItems(basename(lists), table, size) } };
}

/** A mistake in what a program wrote fails its trial and no other. */
async function asTrialFault<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof UserError ? new DivergedError(error.message, 'look at what the program writes') : error;
  }
}

async function readScores(path: string): Promise<Float32Array> {
  if (path.endsWith('.npy')) return readNpy(path).values;
  return Float32Array.from((await readNumbers(path, ['score'])).score);
}

/** Looks scores up by pair. */
export function pairScorer(
  who: string,
  { user, item }: AskedPairs,
  scores: Float32Array,
  items: number,
): (question: Question) => Promise<Float32Array> {
  const keys = Float64Array.from(user, (u, p) => u * items + (item[p] as number));
  return async (question) =>
    Float32Array.from(question.user, (u, p) => {
      const i = question.item[p] as number;
      const place = placeOf(keys, u * items + i);
      if (place < 0) throw new UserError(`${who} has no score for user ${u}, item ${i} (counted from 0)`);
      return scores[place] as number;
    });
}

/** Place of a key in ascending keys; -1 where it is not there. */
function placeOf(keys: Float64Array, key: number): number {
  let [low, high] = [0, keys.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = keys[middle] as number;
    if (at === key) return middle;
    if (at < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Rows of a dense matrix of float32 in a .npy file, read as they are asked for. */
export function matrixRows(
  path: string,
  { users, items }: { readonly users: number; readonly items: number },
): { scoreRow(user: number): Promise<Float32Array>; close(): void } {
  if (!existsSync(path))
    throw new DivergedError('it wrote no matrix.npy', 'write one, or say "gives: pairs" in its method file');
  const { shape, type, start } = readNpyHeader(path);
  if (type !== '<f4' || shape.length !== 2 || shape[0] !== users || shape[1] !== items)
    throw new DivergedError(
      `${basename(path)} is ${type}, ${shape.join(' x ')}`,
      `expected float32, ${users} x ${items}: every user with every item`,
    );
  const file = openSync(path, 'r'); // open, so that the file may go with its folder
  const scoreRow = async (user: number): Promise<Float32Array> => {
    const row = new Float32Array(items);
    const read = readSync(file, new Uint8Array(row.buffer), 0, row.byteLength, start + user * row.byteLength);
    if (read < row.byteLength) throw new DivergedError(`${basename(path)} is cut off`, 'write all of it');
    return row;
  };
  return { scoreRow, close: () => closeSync(file) };
}

/** Lists of recommended items, best first. */
export function listedItems(
  what: string,
  { user, item, rank }: Readonly<Record<'user' | 'item' | 'rank', Float64Array>>,
  { users, items }: { readonly users: number; readonly items: number },
): NonNullable<Scorer['bestItems']> {
  const lists = Array.from({ length: users }, (): { item: number; rank: number }[] => []);
  user.forEach((u, row) => {
    const i = item[row] as number;
    if (!(u >= 0 && u < users && i >= 0 && i < items && Number.isInteger(u) && Number.isInteger(i)))
      throw new DivergedError(
        `${what}, row ${row + 1}: there is no user ${u} or no item ${i}`,
        'they are counted from 0, as in the tables that it gets',
      );
    lists[u]?.push({ item: i, rank: rank[row] as number });
  });
  for (const list of lists) list.sort((a, b) => a.rank - b.rank || a.item - b.item);
  return async (of, k, had: UserItems) => {
    const out = new Int32Array(of.length * k).fill(-1);
    of.forEach((u, r) => {
      const known = new Set(had.items.subarray(had.starts[u], had.starts[u + 1]));
      const free = (lists[u] ?? []).filter((one) => !known.has(one.item)).slice(0, k);
      free.forEach((one, place) => {
        out[r * k + place] = one.item;
      });
    });
    return out;
  };
}
