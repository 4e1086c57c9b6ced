import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../support/errors.js';
import { listMembers, zipPath } from './archive.js';
import {
  type Interactions,
  onePerPair,
  sharedFloat64,
  sharedInt32,
  sharedUint8,
  TEST,
  TRAIN,
  takeRows,
  VALIDATION,
} from './interactions.js';
import { readInteractions } from './reader.js';
import { textOf } from './unpack.js';

const TRAIN_FILE = '.train.rating';

/** Users and items by their ids. */
interface Pairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
}

/**
 * The training file of a data set in NCF's format that a path stands for: the file itself, or the one in a zip archive or in a folder of it;
 * undefined where there is none. Throws UserError where there are several.
 */
export async function ncfAt(reference: string): Promise<string | undefined> {
  const zip = zipPath(reference);
  if (!zip || zip.member?.endsWith(TRAIN_FILE)) return reference.endsWith(TRAIN_FILE) ? reference : undefined;
  const found = (await listMembers(zip.archive)).filter(
    (member) => member.endsWith(TRAIN_FILE) && (zip.member === undefined || dirname(member) === zip.member),
  );
  if (found.length > 1)
    throw new UserError(
      `"${reference}" holds several data sets in NCF's format: name one, such as ${zip.archive}/${found[0]} (${found.join(', ')})`,
    );
  return found[0] && join(zip.archive, found[0]);
}

/** Whether there is a file, on the disk or in a zip archive. */
async function isThere(path: string): Promise<boolean> {
  const zip = zipPath(path);
  return zip?.member === undefined ? existsSync(path) : (await listMembers(zip.archive)).includes(zip.member);
}

/**
 * Reads a data set as He et al. 2017 published theirs: X.train.rating and X.test.rating (user, item, rating, time; ids from 0) and
 * X.test.negative (a line a test rating: "(user,item)" and the items to rank it among). Ids, split and candidates are kept as they
 * are; there is no validation part, so each user's last training interaction becomes it. A pair that comes again in training stands once, as does an
 * item among those to rank with, as in the program of the authors. Throws UserError naming file and line.
 */
export async function readNcf(path: string): Promise<Interactions> {
  const base = path.slice(0, -TRAIN_FILE.length);
  const [testPath, negativePath] = [`${base}.test.rating`, `${base}.test.negative`];
  for (const needed of [path, testPath, negativePath]) {
    if (!(await isThere(needed)))
      throw new UserError(`"${needed}" does not exist: NCF's format has it beside its other files`);
  }
  const plain = {
    isPlain: true,
    ratingRange: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number],
  };
  const records = (await readInteractions(path, plain)).data;
  const train = takeRows(records, onePerPair(records));
  const test = (await readInteractions(testPath, plain)).data;
  const numbered = (data: Interactions, file: string) => ({
    users: numbers(data.user, data.userIds, file),
    items: numbers(data.item, data.itemIds, file),
  });
  const [own, tested] = [numbered(train, path), numbered(test, testPath)];
  refuseTrained(own, tested, testPath);
  const candidates = readCandidates(negativePath, await textOf(negativePath), tested);
  const most = (...lists: Int32Array[]): number =>
    lists.reduce((a, list) => list.reduce((b, x) => Math.max(b, x), a), 0);
  const n = own.users.length + tested.users.length;
  const user = sharedInt32(n);
  const item = sharedInt32(n);
  user.set(own.users);
  user.set(tested.users, own.users.length);
  item.set(own.items);
  item.set(tested.items, own.items.length);
  const rating = train.rating && test.rating && sharedFloat64(n);
  rating?.set(train.rating as Float64Array);
  rating?.set(test.rating as Float64Array, own.users.length);
  const time = train.time && test.time && sharedFloat64(n);
  time?.set(train.time as Float64Array);
  time?.set(test.time as Float64Array, own.users.length);
  const split = sharedUint8(n).fill(TRAIN, 0, own.users.length).fill(TEST, own.users.length);
  for (const row of lastRows(own.users, train.time)) split[row] = VALIDATION;
  const ids = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
  return {
    name: basename(base),
    userIds: ids(1 + most(user)),
    itemIds: ids(1 + most(item, candidates)),
    ...{ user, item, rating, time, split, candidates },
  };
}

/** Refuses test pairs that stand in training, too: what was learned is not what is tested. */
function refuseTrained(own: Pairs, tested: Pairs, path: string): void {
  const trained = new Map<number, Set<number>>();
  for (const [row, user] of own.users.entries()) {
    const items = trained.get(user) ?? new Set();
    trained.set(user, items.add(own.items[row] as number));
  }
  const row = tested.users.findIndex((user, r) => trained.get(user)?.has(tested.items[r] as number) === true);
  if (row >= 0)
    throw new UserError(
      `"${path}", line ${row + 1}: user ${tested.users[row]} has item ${tested.items[row]} in training, too: a pair is in one part alone`,
    );
}

/** Original ids, which are whole numbers from 0, in place of places in a list of texts. */
function numbers(places: Int32Array, ids: readonly string[], path: string): Int32Array {
  const values = ids.map(Number);
  const wrong = ids.find((_, k) => !Number.isSafeInteger(values[k]) || (values[k] as number) < 0);
  if (wrong !== undefined)
    throw new UserError(`"${path}": ids are whole numbers from 0 in this format, found "${wrong}"`);
  return places.map((place) => values[place] as number);
}

/** Each user's last row by time, ties by file order; of users with more than one. */
function lastRows(users: Int32Array, time: Float64Array | undefined): number[] {
  const last = new Map<number, number>();
  const counts = new Map<number, number>();
  users.forEach((user, row) => {
    counts.set(user, (counts.get(user) ?? 0) + 1);
    const held = last.get(user);
    if (held === undefined || !time || (time[row] as number) >= (time[held] as number)) last.set(user, row);
  });
  return [...last].flatMap(([user, row]) => ((counts.get(user) as number) > 1 ? [row] : []));
}

/** The items to rank each test item among: as many places for each, those that repeats leave empty -1 and last. */
function readCandidates(path: string, text: string, test: Pairs): Int32Array {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length !== test.users.length)
    throw new UserError(
      `"${path}" has ${lines.length} lines, expected one for each of the ${test.users.length} test ratings`,
    );
  const each = (lines[0] as string).split('\t').length - 1;
  if (each < 1) throw new UserError(`"${path}", line 1: expected "(user,item)" and items, separated by tabs`);
  const out = sharedInt32(lines.length * each).fill(-1);
  lines.forEach((line, row) => {
    const [pair, ...items] = line.split('\t');
    const where = `"${path}", line ${row + 1}`;
    const expected = `(${test.users[row]},${test.items[row]})`;
    if (pair?.replaceAll(' ', '') !== expected)
      throw new UserError(`${where}: expected ${expected} first, found ${pair}`);
    if (items.length !== each)
      throw new UserError(`${where}: expected ${each} items as in line 1, found ${items.length}`);
    const distinct = new Set(items.map((text) => candidateOf(text, where)));
    distinct.delete(test.items[row] as number);
    out.set([...distinct], row * each);
  });
  return out;
}

function candidateOf(text: string, where: string): number {
  const item = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(item) || item < 0)
    throw new UserError(`${where}: expected a whole number from 0 as item, found "${text}"`);
  return item;
}
