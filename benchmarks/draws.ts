import { type Interactions, rowsWhere, TEST } from '../datasets/interactions.js';
import { Drawing } from '../simulator/drawing.js';
import type { Draws } from '../simulator/draws.js';
import { drawAgain } from '../simulator/in_memory.js';
import { MOST_DRAWS, type WorldState } from '../simulator/world_state.js';
import { UserError } from '../support/errors.js';
import { silent } from '../support/progress.js';
import { hashData, type OpenedData } from './suite_data.js';

/** How often the clicks of a world are drawn, and for what. */
export interface DrawCounts {
  /** To train and test on, each by itself. */
  readonly draws: number;
  /** Test clicks of a user, of whom those beyond the first come from draws that serve for nothing else. */
  readonly testClicks: number;
}

/** Data with their world. */
type Simulated = OpenedData & { readonly world: WorldState };

/**
 * Each data set with more draws of its clicks, one list a data set: the same world, whose final clicks are drawn anew. Throws UserError for data without a
 * world, and for more draws than a world can make.
 */
export async function drawnAgain(
  data: readonly OpenedData[],
  { draws, testClicks }: DrawCounts,
  workers: number | undefined,
): Promise<OpenedData[][]> {
  if (draws === 1 && testClicks === 1) return data.map((one) => [one]);
  const option = draws > 1 ? '--draws' : '--test-clicks';
  if (draws * testClicks > MOST_DRAWS)
    throw new UserError(
      `--draws times --test-clicks is ${draws * testClicks}, and a world draws ${MOST_DRAWS} times at most`,
    );
  const drawing = new Drawing(workers, silent);
  try {
    const all: OpenedData[][] = [];
    for (const first of data) {
      if (!isSimulated(first))
        throw new UserError(
          `${option} draws the clicks of a simulated world again, and "${first.name}" has none: name a folder made by "expobench simulate"`,
        );
      const own: OpenedData[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const one = draw === 0 ? first : await anotherDraw(first, draw, drawing);
        const more = await withTestClicks(one, testClicks, draws + draw * (testClicks - 1), drawing);
        own.push(draws > 1 ? { ...more, draw } : more);
      }
      all.push(own);
    }
    return all;
  } finally {
    await drawing.close();
  }
}

const isSimulated = (data: OpenedData): data is Simulated => data.world !== undefined;

async function anotherDraw(first: Simulated, draw: number, drawing: Draws): Promise<Simulated> {
  const { data, state } = await drawAgain(first.world, first.data, draw, drawing);
  return { ...first, data, world: state, sha256: hashData(data, state) };
}

/**
 * Adds test clicks of further draws until every user who has one has `count`, or as many as so many draws give: what a user had in training or validation is
 * left out, as it is of the first. A pair that several draws test counts as often, so that each stands for the same chance.
 */
async function withTestClicks(one: Simulated, count: number, from: number, drawing: Draws): Promise<OpenedData> {
  if (count === 1) return one;
  const { data } = one;
  const items = data.itemIds.length;
  const tests = new Map<number, number>();
  const had = new Set<number>();
  data.user.forEach((user, row) => {
    if (data.split?.[row] === TEST) tests.set(user, (tests.get(user) ?? 0) + 1);
    else had.add(user * items + (data.item[row] as number));
  });
  const added: { readonly drawn: Interactions; readonly rows: Int32Array }[] = [];
  for (let k = 0; k < count - 1; k++) {
    const { data: drawn } = await drawAgain(one.world, data, from + k, drawing);
    const rows = rowsWhere(drawn.user.length, (row) => {
      const user = drawn.user[row] as number;
      const known = tests.get(user);
      if (drawn.split?.[row] !== TEST || known === undefined || known >= count) return false;
      if (had.has(user * items + (drawn.item[row] as number))) return false;
      tests.set(user, known + 1);
      return true;
    });
    added.push({ drawn, rows });
  }
  const more = joined(data, added);
  return { ...one, data: more, sha256: hashData(more, one.world) };
}

/** Rows of other draws behind those of the data. */
function joined(
  data: Interactions,
  added: readonly { readonly drawn: Interactions; readonly rows: Int32Array }[],
): Interactions {
  const all = [{ drawn: data, rows: rowsWhere(data.user.length, () => true) }, ...added];
  const length = all.reduce((sum, { rows }) => sum + rows.length, 0);
  const fill = <Column extends Int32Array | Float32Array | Float64Array | Uint8Array>(
    out: Column,
    pick: (one: Interactions) => ArrayLike<number | bigint> | undefined,
  ): Column => {
    let at = 0;
    for (const { drawn, rows } of all) {
      const column = pick(drawn);
      for (const row of rows) out[at++] = Number(column?.[row] ?? 0);
    }
    return out;
  };
  return {
    ...data,
    user: fill(new Int32Array(length), ({ user }) => user),
    item: fill(new Int32Array(length), ({ item }) => item),
    split: fill(new Uint8Array(length), ({ split }) => split),
    ...(data.time && { time: fill(new Float64Array(length), ({ time }) => time) }),
    truth: {
      relevance: fill(new Float32Array(length), ({ truth }) => truth?.relevance),
      exposure: fill(new Float32Array(length), ({ truth }) => truth?.exposure),
    },
  };
}
