import { type Kernels, type Lookup, Tape, type Tensor } from '../compute/index.js';
import { type Interactions, TEST, TRAIN, VALIDATION } from '../datasets/interactions.js';
import type { Model, ModelSize } from './model.js';
import { type Pairs, pairsOf } from './pairs.js';
import type { Before, Counted, Question, Scorer } from './scorer.js';
import { type Histories, histories, sequenceTensors, tokenColumns } from './sequences.js';

/** Owners whose pairs are ranked together, or that read histories. */
const OWNERS = 256;
/** Pairs without histories that are scored together. */
const PAIRS = 65536;
/** Users whose scores of all items are computed together. */
const ROWS = 16;
const PART = { validation: VALIDATION, test: TEST } as const;

/** [pairs] of whatever is computed of pairs: a model's scores, or an exposure model's. */
export type PairScores = (pairs: Pairs) => Tensor;

interface AllPairs {
  readonly columnsOfItems: Tensor;
  readonly users: Omit<Lookup, 'rows'>;
  readonly items: Lookup;
}

/**
 * Makes scorers of models that live in the same memory. What a question looks up is kept, for all of them and for the next time that it is asked;
 * it is freed with the kernels.
 */
export class ModelScorers {
  private readonly size: Pick<ModelSize, 'users' | 'items'>;
  /** By question, and by the length of history that goes with its pairs. */
  private readonly prepared = new WeakMap<Question, Map<number, readonly Pairs[]>>();
  private readonly counted = new WeakMap<Int32Array, readonly Tensor[]>();
  /** What came before; made when the first sequential model asks. */
  private readonly ordered = new Map<Before, Histories>();
  /** Pairs of some users with all items, but for the users: by how many users they are. */
  private readonly everyItem = new Map<number, AllPairs>();

  constructor(
    private readonly kernels: Kernels,
    private readonly data: Interactions,
  ) {
    this.size = { users: data.userIds.length, items: data.itemIds.length };
  }

  of(model: Model): Scorer {
    const { kernels } = this;
    const { history } = model;
    const score: PairScores = (pairs) => model.forward(new Tape(kernels), pairs).value;
    const rows = async (users: Int32Array, before: Before): Promise<Float32Array> => {
      // In no scope: a model may make what it keeps for the next users.
      const own = model.scoreRows?.(users);
      if (!own) return this.scoreRows(users, before, score, history);
      const read = (await kernels.read(own)) as Float32Array;
      kernels.free(own);
      return read;
    };
    return {
      history,
      scorePairs: (question) => this.score(question, score, history),
      rankPairs: (question, counts) => this.rank(question, counts, score, history),
      scoreRow: (user, before) => rows(Int32Array.of(user), before),
      scoreRows: rows,
      rowsAtOnce: Math.max(1, Math.min(ROWS, Math.floor(PAIRS / this.size.items))),
    };
  }

  /** [pairs], in the question's order; nothing is kept. */
  async score(question: Question, score: PairScores, history: number | undefined): Promise<Float32Array> {
    const { kernels } = this;
    const out = new Float32Array(question.user.length);
    const owners = out.length / question.wide;
    const together = history === undefined ? Math.max(OWNERS, Math.floor(PAIRS / question.wide)) : OWNERS;
    for (let first = 0; first < owners; first += together) {
      const end = Math.min(owners, first + together);
      const read = kernels.scope(() => kernels.read(score(this.pairsFor(question, first, end, history))));
      out.set((await read) as Float32Array, first * question.wide);
    }
    return out;
  }

  private async rank(
    question: Question,
    counts: Int32Array,
    score: PairScores,
    history: number | undefined,
  ): Promise<Counted> {
    const { kernels } = this;
    const owners = counts.length;
    const [greater, equal, scores] = [new Int32Array(owners), new Int32Array(owners), new Float32Array(owners)];
    const limits = this.countsOf(counts);
    // All blocks are asked for before the first answer is waited for.
    const reads = this.blocksOf(question, history).map((pairs, b) =>
      kernels.scope(() => {
        const scored = score(pairs);
        const { greater: above, equal: same } = kernels.countAbove(scored, limits[b] as Tensor);
        const targets = kernels.everyNth(scored, question.wide);
        // Not finite where one of the scores is not.
        const sum = kernels.scaledSum(scored, 1);
        return Promise.all([above, same, targets, sum].map((tensor) => kernels.read(tensor)));
      }),
    );
    let at = 0;
    for (const [above, same, own, sum] of (await Promise.all(reads)) as [
      Int32Array,
      Int32Array,
      Float32Array,
      Float32Array,
    ][]) {
      greater.set(Number.isFinite(sum[0]) ? above : above.fill(-1), at);
      equal.set(same, at);
      scores.set(own, at);
      at += above.length;
    }
    return { greater, equal, scores };
  }

  private async scoreRows(
    users: Int32Array,
    before: Before,
    score: PairScores,
    history: number | undefined,
  ): Promise<Float32Array> {
    const { kernels } = this;
    const all = this.allPairs(users.length);
    const read = kernels.scope(() => {
      const rows = kernels.tensor(users);
      const columns = { users: kernels.gather(rows, all.users.slots), items: all.columnsOfItems };
      if (history !== undefined)
        return kernels.read(score(this.pairs(columns.users, columns.items, users, before, history)));
      return kernels.read(score({ columns, users: { ...all.users, rows }, items: all.items }));
    });
    return (await read) as Float32Array;
  }

  /** The lookups are known without looking: all items in order, for one user after another. */
  private allPairs(users: number): AllPairs {
    const known = this.everyItem.get(users);
    if (known) return known;
    const { kernels, size } = this;
    const positions = users * size.items;
    const integers = (count: number, of: (k: number) => number): Tensor =>
      kernels.tensor(Int32Array.from({ length: count }, (_, k) => of(k)));
    const items = integers(positions, (p) => p % size.items);
    const all: AllPairs = {
      columnsOfItems: items,
      users: {
        ...{ positions, count: users, slots: integers(positions, (p) => Math.floor(p / size.items)) },
        uses: integers(users, () => size.items),
      },
      items: {
        ...{ positions, count: size.items, slots: items },
        ...{ rows: integers(size.items, (item) => item), uses: integers(size.items, () => users) },
      },
    };
    this.everyItem.set(users, all);
    return all;
  }

  private blocksOf(question: Question, history: number | undefined): readonly Pairs[] {
    const known = this.prepared.get(question) ?? new Map<number, readonly Pairs[]>();
    this.prepared.set(question, known);
    let blocks = known.get(history ?? 0);
    if (!blocks) {
      const owners = question.user.length / question.wide;
      blocks = Array.from({ length: Math.ceil(owners / OWNERS) }, (_, b) =>
        this.pairsFor(question, b * OWNERS, Math.min(owners, (b + 1) * OWNERS), history),
      );
      known.set(history ?? 0, blocks);
    }
    return blocks;
  }

  private countsOf(counts: Int32Array): readonly Tensor[] {
    let tensors = this.counted.get(counts);
    if (!tensors) {
      tensors = Array.from({ length: Math.ceil(counts.length / OWNERS) }, (_, b) =>
        this.kernels.tensor(counts.slice(b * OWNERS, (b + 1) * OWNERS)),
      );
      this.counted.set(counts, tensors);
    }
    return tensors;
  }

  private pairsFor(
    { user, item, wide, before }: Question,
    first: number,
    end: number,
    history: number | undefined,
  ): Pairs {
    const { kernels } = this;
    const [from, to] = [first * wide, end * wide];
    const owners = Int32Array.from({ length: end - first }, (_, o) => user[from + o * wide] as number);
    return this.pairs(
      kernels.tensor(user.slice(from, to)),
      kernels.tensor(item.slice(from, to)),
      owners,
      before,
      history,
    );
  }

  /** Pairs of the given columns, as many for each of the owners, with the histories that a model reads. */
  private pairs(
    users: Tensor,
    items: Tensor,
    owners: ArrayLike<number>,
    before: Before,
    history: number | undefined,
  ): Pairs {
    const { kernels, data, size } = this;
    if (history === undefined) return pairsOf(kernels, { users, items }, size);
    const ordered = this.historiesBefore(before);
    const { starts } = ordered;
    const runs = Array.from(owners, (user) => {
      // One more than there are items: the start of the history counts, too.
      const read = (starts[user + 1] as number) - (starts[user] as number) + 1;
      const count = Math.min(history, read);
      return { user, first: read - count, count };
    });
    const columns = tokenColumns(data, ordered, runs, history);
    const wide = users.size / owners.length;
    const states = Int32Array.from(
      { length: users.size },
      (_, p) => (columns.starts[Math.floor(p / wide) + 1] as number) - 1,
    );
    const last = {
      rows: kernels.tensor(columns.starts.subarray(1).map((end) => end - 1)),
      states: kernels.tensor(Int32Array.from({ length: users.size }, (_, p) => Math.floor(p / wide))),
    };
    return pairsOf(kernels, { users, items, sequences: { ...sequenceTensors(kernels, columns, states), last } }, size);
  }

  private historiesBefore(before: Before): Histories {
    const known =
      this.ordered.get(before) ?? histories(this.data, (row) => (this.data.split?.[row] ?? TRAIN) < PART[before]);
    this.ordered.set(before, known);
    return known;
  }
}
