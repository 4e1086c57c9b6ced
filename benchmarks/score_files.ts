import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Interactions, UserItems } from '../datasets/interactions.js';
import { columnsOf, readColumns } from '../datasets/number_file.js';
import { matrixRows, pairScorer } from '../methods/external/answers.js';
import type { Scorer } from '../models/scorer.js';
import { UserError } from '../support/errors.js';

/** What a file says of every user's items, as what can be evaluated. */
export interface FileScorer {
  readonly scorer: Scorer;
  dispose?(): void;
}

/** Names that columns of users, items, scores and ranks have in this trade. */
const COLUMNS = {
  user: ['user', 'user_id', 'userId', 'uid'],
  item: ['item', 'item_id', 'itemId', 'iid'],
  score: ['score', 'prediction', 'rating'],
  rank: ['rank'],
} as const;

/**
 * Reads scores: a matrix of every user with every item (.npy, float32), or a table of user, item and score (CSV, Parquet, Arrow), ids as in the data.
 * Throws UserError naming the file, and the first user or item that the data do not have.
 */
export async function readScoreFile(path: string, data: Interactions): Promise<FileScorer> {
  if (!existsSync(path)) throw new UserError(`"${path}" does not exist`);
  const size = { users: data.userIds.length, items: data.itemIds.length };
  if (extname(path).toLowerCase() === '.npy') {
    const { scoreRow, close } = matrixRows(path, size);
    const scorePairs: Scorer['scorePairs'] = async ({ user, item }) => {
      const out = new Float32Array(user.length);
      let [row, of]: [Float32Array, number] = [new Float32Array(), -1];
      for (const [p, u] of user.entries()) {
        if (u !== of) [row, of] = [await scoreRow(u), u];
        out[p] = row[item[p] as number] as number;
      }
      return out;
    };
    return { scorer: { scorePairs, scoreRow }, dispose: close };
  }
  const { user, item, value } = await readIdTable(path, data, 'score');
  const order = Int32Array.from(user.keys()).sort((a, b) => keyAt(a) - keyAt(b));
  function keyAt(row: number): number {
    return (user[row] as number) * size.items + (item[row] as number);
  }
  const pairs = { user: order.map((row) => user[row] as number), item: order.map((row) => item[row] as number) };
  const scores = Float32Array.from(order, (row) => value[row] as number);
  const odd = scores.findIndex((score) => !Number.isFinite(score));
  if (odd >= 0) throw new UserError(`"${path}", row ${(order[odd] as number) + 1}: the score is ${scores[odd]}`);
  return { scorer: { scorePairs: pairScorer(`"${path}"`, pairs, scores, size.items) } };
}

/**
 * Reads lists of recommended items: a table of user, item and rank or score, or TREC's run form (user Q0 item rank score tag). The first item of a list
 * is the best.
 */
export async function readListFile(path: string, data: Interactions): Promise<FileScorer> {
  if (!existsSync(path)) throw new UserError(`"${path}" does not exist`);
  const { user, item, value, isRank } = (await readTrec(path, data)) ?? (await readIdTable(path, data, 'rank'));
  const lists = Array.from({ length: data.userIds.length }, (): { item: number; by: number }[] => []);
  user.forEach((u, row) => {
    lists[u]?.push({ item: item[row] as number, by: isRank ? (value[row] as number) : -(value[row] as number) });
  });
  for (const list of lists) list.sort((a, b) => a.by - b.by);
  const bestItems = async (users: Int32Array, k: number, had: UserItems): Promise<Int32Array> => {
    const out = new Int32Array(users.length * k).fill(-1);
    users.forEach((u, r) => {
      const own = new Set(had.items.subarray(had.starts[u], had.starts[u + 1]));
      const free = (lists[u] ?? []).filter((one) => !own.has(one.item)).slice(0, k);
      free.forEach((one, place) => {
        out[r * k + place] = one.item;
      });
    });
    return out;
  };
  // Items of a list stand before all others, which nothing is known of: they are equal.
  const scorePairs: Scorer['scorePairs'] = async (question) => {
    const places = lists.map((list) => new Map(list.map((one, place) => [one.item, list.length - place])));
    return Float32Array.from(question.user, (u, p) => places[u]?.get(question.item[p] as number) ?? 0);
  };
  return { scorer: { scorePairs, bestItems } };
}

interface IdTable {
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly value: Float64Array;
  readonly isRank: boolean;
}

async function readIdTable(path: string, data: Interactions, first: 'score' | 'rank'): Promise<IdTable> {
  const known = await columnsOf(path);
  const find = (what: keyof typeof COLUMNS): string | undefined =>
    known.find((name) => COLUMNS[what].some((usual) => usual.toLowerCase() === name.toLowerCase().replace(/:.*$/, '')));
  const need = (what: 'user' | 'item'): string => {
    const name = find(what);
    if (name === undefined)
      throw new UserError(
        `"${path}" has no column of ${what}s: call it ${COLUMNS[what].join(' or ')}; it has ${known.join(', ')}`,
      );
    return name;
  };
  const second = first === 'score' ? undefined : find('score');
  const name = find(first) ?? second;
  if (name === undefined)
    throw new UserError(
      `"${path}" has no column "${first}"${first === 'rank' ? ' or "score"' : ''}; it has ${known.join(', ')}`,
    );
  const [users, items] = [need('user'), need('item')];
  const { texts, numbers } = await readColumns(path, { texts: [users, items], numbers: [name] });
  return {
    user: indexesOf(texts[users] as readonly string[], data.userIds, path, 'user'),
    item: indexesOf(texts[items] as readonly string[], data.itemIds, path, 'item'),
    value: numbers[name] as Float64Array,
    isRank: name !== second && first === 'rank',
  };
}

function indexesOf(texts: readonly string[], ids: readonly string[], path: string, what: 'user' | 'item'): Int32Array {
  const places = new Map(ids.map((id, place) => [id, place]));
  return Int32Array.from(texts, (text, row) => {
    const place = places.get(text);
    if (place === undefined)
      throw new UserError(
        `"${path}", row ${row + 1}: the data have no ${what} "${text}"; ids are those of the data, such as "${ids[0]}"`,
      );
    return place;
  });
}

/** Six columns parted by blanks, the second of them Q0; undefined for what does not begin so. */
async function readTrec(path: string, data: Interactions): Promise<IdTable | undefined> {
  if (!['.run', '.trec', '.txt'].includes(extname(path).toLowerCase()) || statSync(path).size > 2 ** 30)
    return undefined;
  const lines = readFileSync(path, 'utf8').split(/\r?\n/).filter(Boolean);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const odd = rows.findIndex((row) => row.length !== 6);
  if (odd >= 0)
    throw new UserError(`"${basename(path)}", line ${odd + 1}: expected TREC's run form: user Q0 item rank score tag`);
  return {
    user: indexesOf(
      rows.map(([user = '']) => user),
      data.userIds,
      path,
      'user',
    ),
    item: indexesOf(
      rows.map(([, , item = '']) => item),
      data.itemIds,
      path,
      'item',
    ),
    value: Float64Array.from(rows, ([, , , rank]) => Number(rank)),
    isRank: true,
  };
}
