import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../support/errors.js';
import { listMembers, zipPath } from './archive.js';
import { type Interactions, sharedFloat64, sharedInt32, sharedUint8, TEST, TRAIN, VALIDATION } from './interactions.js';
import { readInteractions } from './reader.js';
import { withPlainFile } from './unpack.js';

const TRAIN_FILE = '.train.rating';

/**
 * The path of the training file where a path, or a zip archive, is of a data set in NCF's format; undefined where it is not. Throws UserError
 * where an archive has several.
 */
export async function ncfAt(reference: string): Promise<string | undefined> {
  if (reference.endsWith(TRAIN_FILE)) return reference;
  const zip = zipPath(reference);
  if (!zip || zip.member !== undefined || !existsSync(zip.archive)) return undefined;
  const found = (await listMembers(zip.archive)).filter((member) => member.endsWith(TRAIN_FILE));
  if (found.length > 1)
    throw new UserError(
      `"${reference}" holds several data sets in NCF's format: name one, such as ${found.map((member) => `${reference}/${member}`).join(' or ')}`,
    );
  return found[0] === undefined ? undefined : `${zip.archive}/${found[0]}`;
}

/** Whether a file is there, by itself or in a zip archive. */
async function isThere(path: string): Promise<boolean> {
  const zip = zipPath(path);
  return zip?.member === undefined ? existsSync(path) : (await listMembers(zip.archive)).includes(zip.member);
}

/**
 * Reads a data set as He et al. 2017 published theirs: X.train.rating and X.test.rating (user, item, rating, time; ids from 0) and
 * X.test.negative (a line a test rating: "(user,item)" and the items to rank it among). Ids, split and candidates are kept as they
 * are; there is no validation part, so each user's last training interaction becomes it. Throws UserError naming file and line.
 */
export async function readNcf(path: string): Promise<Interactions> {
  const base = path.slice(0, -TRAIN_FILE.length);
  const [testPath, negativePath] = [`${base}.test.rating`, `${base}.test.negative`];
  for (const needed of [path, testPath, negativePath]) {
    if (!(await isThere(needed)))
      throw new UserError(`"${needed}" does not exist: NCF's format has it beside its other files`);
  }
  const anyRating = { ratingRange: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as [number, number] };
  const [train, test] = [
    (await readInteractions(path, anyRating)).data,
    (await readInteractions(testPath, anyRating)).data,
  ];
  const numbered = (data: Interactions, file: string) => ({
    users: numbers(data.user, data.userIds, file),
    items: numbers(data.item, data.itemIds, file),
  });
  const [own, tested] = [numbered(train, path), numbered(test, testPath)];
  const candidates = await readCandidates(negativePath, tested);
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

/** The items to rank each test item among, as many for each. */
async function readCandidates(
  path: string,
  test: { readonly users: Int32Array; readonly items: Int32Array },
): Promise<Int32Array> {
  const text = await withPlainFile({ path, shown: path, notes: [] }, undefined, async (plain) =>
    readFileSync(plain.path, 'utf8'),
  );
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines.length !== test.users.length)
    throw new UserError(
      `"${path}" has ${lines.length} lines, expected one for each of the ${test.users.length} test ratings`,
    );
  const each = (lines[0] as string).split('\t').length - 1;
  if (each < 1) throw new UserError(`"${path}", line 1: expected "(user,item)" and items, separated by tabs`);
  const out = sharedInt32(lines.length * each);
  lines.forEach((line, row) => {
    const [pair, ...items] = line.split('\t');
    const where = `"${path}", line ${row + 1}`;
    const expected = `(${test.users[row]},${test.items[row]})`;
    if (pair?.replaceAll(' ', '') !== expected)
      throw new UserError(`${where}: expected ${expected} first, found ${pair}`);
    if (items.length !== each)
      throw new UserError(`${where}: expected ${each} items as in line 1, found ${items.length}`);
    items.forEach((text, k) => {
      const item = Number(text);
      if (text.trim() === '' || !Number.isSafeInteger(item) || item < 0)
        throw new UserError(`${where}: expected a whole number from 0 as item, found "${text}"`);
      out[row * each + k] = item;
    });
  });
  return out;
}
