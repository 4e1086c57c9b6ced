import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { UserError } from '../support/errors.js';
import { listMembers, type ZipMember, zipPath } from './archive.js';
import { cachedPath } from './fetch.js';
import {
  type Interactions,
  onePerPair,
  rowsWhere,
  sharedFloat32,
  sharedFloat64,
  sharedInt32,
  sharedUint8,
  TEST,
  TRAIN,
  takeRows,
  VALIDATION,
} from './interactions.js';
import { readInteractions } from './reader.js';
import { datasets } from './registry.js';
import { textOf } from './unpack.js';

/** A data set whose test part was shown at random: two files side by side. */
interface UnbiasedFormat {
  /** Name for people. */
  readonly name: string;
  /** What users chose to look at, and what they were shown at random. */
  readonly train: string;
  readonly test: string;
  /** Least rating that is liked. */
  readonly positive: number;
  /** Times count in what users chose alone. */
  read(path: string, part: 'train' | 'test'): Promise<Interactions>;
}

const FORMATS: readonly UnbiasedFormat[] = [
  { name: 'Coat', train: 'train.ascii', test: 'test.ascii', positive: 4, read: readMatrix },
  {
    name: 'Yahoo! R3',
    train: 'ydata-ymusic-rating-study-v1_0-train.txt',
    test: 'ydata-ymusic-rating-study-v1_0-test.txt',
    positive: 4,
    read: async (path) => (await readInteractions(path, { isPlain: true })).data,
  },
  {
    name: 'KuaiRec',
    train: 'big_matrix.csv',
    test: 'small_matrix.csv',
    // Watched for twice its length, as its authors propose.
    positive: 2,
    async read(path, part) {
      const columns = { user: 'user_id', item: 'video_id', rating: 'watch_ratio' };
      return (await readInteractions(path, { columns: { ...columns, time: part === 'train' ? 'timestamp' : '' } }))
        .data;
    },
  },
];

/** Where both files of a data set with a random test part lie. */
export interface UnbiasedFiles {
  readonly format: UnbiasedFormat;
  readonly train: string;
  readonly test: string;
}

/**
 * The files that a folder, a zip archive or a folder in one, one of the files, or the name of a data set in the cache stands for; undefined where
 * there are none.
 */
export async function unbiasedAt(reference: string): Promise<UnbiasedFiles | undefined> {
  const path = !existsSync(reference) && datasets.has(reference) ? cachedPath(datasets.get(reference)) : reference;
  const zip = zipPath(path);
  const members = zip && (await listMembers(zip.archive));
  for (const format of FORMATS) {
    if (zip && members) {
      const isNear = ({ member }: ZipMember, place: string): boolean =>
        member === undefined || [place, join(place, format.train), join(place, format.test)].includes(member);
      const train = members.find(
        (member) =>
          basename(member) === format.train &&
          members.includes(join(dirname(member), format.test)) &&
          isNear(zip, dirname(member)),
      );
      if (train !== undefined)
        return { format, train: join(zip.archive, train), test: join(zip.archive, dirname(train), format.test) };
      continue;
    }
    for (const folder of [path, join(path, 'data'), dirname(path)]) {
      if (folder === dirname(path) && ![format.train, format.test].includes(basename(path))) continue;
      const [train, test] = [join(folder, format.train), join(folder, format.test)];
      if (existsSync(train) && existsSync(test)) return { format, train, test };
    }
  }
  return undefined;
}

/** The ratings that users gave to what they chose themselves, as they are: what a simulation learns from. */
export async function readChosen({ format, train }: UnbiasedFiles): Promise<Interactions> {
  return { ...(await format.read(train, 'train')), name: format.name };
}

export interface UnbiasedOptions {
  readonly seed: number;
  /** Least rating that is liked; by default as the field does for this data. */
  readonly positive?: number | undefined;
  /** Most items that a test item is ranked among. */
  readonly candidates?: number | undefined;
}

const CANDIDATES = 100;

/**
 * Reads a data set whose test part was shown at random (Coat, Yahoo! R3, KuaiRec). Interactions are what was liked. A tenth of what users chose is
 * for validation, drawn at random; the test items are those liked of the ones shown at random, each to be ranked among those that the same user
 * was shown and did not like (at most a hundred, drawn at random). Pairs that users rated on their own are known to have been exposed.
 */
export async function readUnbiased(
  { format, train, test }: UnbiasedFiles,
  { seed, positive = format.positive, candidates = CANDIDATES }: UnbiasedOptions,
): Promise<{ data: Interactions; format: string; positive: number }> {
  const [chosen, shown] = [await format.read(train, 'train'), await format.read(test, 'test')];
  const users = new Ids(chosen.userIds, shown.userIds);
  const items = new Ids(chosen.itemIds, shown.itemIds);
  const isLiked = ({ rating }: Interactions, row: number): boolean => (rating?.[row] as number) >= positive;
  /** The first liked row of each pair: who watches twice likes once. */
  const rowsOf = (data: Interactions): number[] => {
    const rows = rowsWhere(data.user.length, (row) => isLiked(data, row));
    return Array.from(onePerPair(takeRows(data, rows)), (r) => rows[r] as number);
  };
  const draw = drawer(seed);
  const own = rowsOf(chosen);
  const pairOf = (user: number, item: number): number => user * items.ids.length + item;
  const trained = new Set(
    own.map((row) =>
      pairOf(users.first[chosen.user[row] as number] as number, items.first[chosen.item[row] as number] as number),
    ),
  );
  // What was shown several times is liked where it was liked once, and what users chose themselves is for training.
  const once = onePerPair(shown, (held, row) => !isLiked(shown, held) && isLiked(shown, row));
  const isNew = (row: number): boolean =>
    !trained.has(
      pairOf(users.second[shown.user[row] as number] as number, items.second[shown.item[row] as number] as number),
    );
  const fresh = once.filter(isNew);
  const disliked = new Map<number, number[]>();
  for (const row of fresh) {
    if (isLiked(shown, row)) continue;
    const place = users.second[shown.user[row] as number] as number;
    const list = disliked.get(place) ?? [];
    list.push(items.second[shown.item[row] as number] as number);
    disliked.set(place, list);
  }
  // A test item without anything to be ranked among says nothing, nor does a user who liked nothing.
  const tested = [...fresh].filter(
    (row) => isLiked(shown, row) && disliked.has(users.second[shown.user[row] as number] as number),
  );
  if (own.length === 0 || tested.length === 0)
    throw new UserError(
      `"${own.length === 0 ? train : test}": no rating is at least ${positive}, so that nothing is liked`,
    );
  const n = own.length + tested.length;
  const [user, item, rating, split] = [sharedInt32(n), sharedInt32(n), sharedFloat32(n), sharedUint8(n)];
  own.forEach((row, r) => {
    user[r] = users.first[chosen.user[row] as number] as number;
    item[r] = items.first[chosen.item[row] as number] as number;
    rating[r] = chosen.rating?.[row] as number;
    split[r] = draw('validation', item[r] as number, user[r] as number) < 0.1 ? VALIDATION : TRAIN;
  });
  const wide = Math.min(candidates, Math.max(...[...disliked.values()].map((list) => list.length)));
  const among = sharedInt32(tested.length * wide).fill(-1);
  tested.forEach((row, t) => {
    const r = own.length + t;
    user[r] = users.second[shown.user[row] as number] as number;
    item[r] = items.second[shown.item[row] as number] as number;
    rating[r] = shown.rating?.[row] as number;
    split[r] = TEST;
    const list = disliked.get(user[r] as number) as number[];
    const kept =
      list.length <= wide ? list : sample(list, wide, (other) => draw(`of ${item[r]}`, other, user[r] as number));
    among.set(kept, t * wide);
  });
  const time = chosen.time && sharedFloat64(n);
  const last = chosen.time?.reduce((most, value) => Math.max(most, value), 0) ?? 0;
  time?.fill(last + 1);
  own.forEach((row, r) => time && (time[r] = chosen.time?.[row] as number));
  const [exposedUsers, exposedItems] = [sharedInt32(chosen.user.length), sharedInt32(chosen.user.length)];
  chosen.user.forEach((one, row) => {
    exposedUsers[row] = users.first[one] as number;
    exposedItems[row] = items.first[chosen.item[row] as number] as number;
  });
  const data: Interactions = {
    name: format.name,
    userIds: users.ids,
    itemIds: items.ids,
    ...{ user, item, rating, time, split },
    candidates: among,
    exposed: { user: exposedUsers, item: exposedItems },
  };
  const again = once.length - fresh.length;
  const said =
    again > 0
      ? `; ${again.toLocaleString('en')} pairs shown at random, which the same users chose and liked, too, are for training alone`
      : '';
  return { data, format: `${format.name}, test part shown at random${said}`, positive };
}

/** Ids of two files in one numbering, and where each file's own ids are in it. */
class Ids {
  readonly ids: string[];
  readonly first: Int32Array;
  readonly second: Int32Array;

  constructor(first: readonly string[], second: readonly string[]) {
    const all = [...new Set([...first, ...second])];
    const numeric = all.every((id) => /^-?\d+$/.test(id));
    this.ids = all.sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : 1));
    const place = new Map(this.ids.map((id, p) => [id, p]));
    const placesOf = (ids: readonly string[]): Int32Array => Int32Array.from(ids, (id) => place.get(id) as number);
    [this.first, this.second] = [placesOf(first), placesOf(second)];
  }
}

/** Numbers in [0, 1) that depend on the seed, a purpose and a pair alone. */
function drawer(seed: number): (purpose: string, item: number, user: number) => number {
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  return (purpose, item, user) =>
    (raw.wordAt(item, user, stream(`unbiased test part, ${purpose}`), 0, k0, k1) >>> 0) / 4294967296;
}

/** So many of a list: those that draw the least numbers. */
function sample(list: readonly number[], count: number, draw: (one: number) => number): number[] {
  return list
    .map((one) => [draw(one), one] as const)
    .sort(([a], [b]) => a - b)
    .slice(0, count)
    .map(([, one]) => one);
}

/** Coat's format: a line a user, a number an item, 0 where it was not rated. */
async function readMatrix(path: string): Promise<Interactions> {
  const lines = (await textOf(path)).split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const rows: [user: number, item: number, rating: number][] = [];
  let width = 0;
  lines.forEach((line, user) => {
    const cells = line.trim().split(/\s+/);
    if (user === 0) width = cells.length;
    if (cells.length !== width)
      throw new UserError(`"${path}", line ${user + 1}: expected ${width} ratings as in line 1, found ${cells.length}`);
    cells.forEach((cell, item) => {
      const rating = Number(cell);
      if (!Number.isFinite(rating) || cell === '')
        throw new UserError(`"${path}", line ${user + 1}, rating ${item + 1}: expected a number, found "${cell}"`);
      if (rating !== 0) rows.push([user, item, rating]);
    });
  });
  const [user, item, rating] = [sharedInt32(rows.length), sharedInt32(rows.length), sharedFloat32(rows.length)];
  rows.forEach(([u, i, value], r) => {
    [user[r], item[r], rating[r]] = [u, i, value];
  });
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
  return {
    ...{ name: basename(path), userIds: numbers(lines.length), itemIds: numbers(width) },
    ...{ user, item, rating, time: undefined, split: undefined },
  };
}
