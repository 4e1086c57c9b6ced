import { type Kernels, stream, Tape, type Tensor } from '../compute/index.js';
import {
  type Interactions,
  rowsWhere,
  SPLITS,
  TEST,
  TRAIN,
  type UserItems,
  userItems,
  VALIDATION,
} from '../datasets/interactions.js';
import { knownTensors } from '../models/batches.js';
import type { Model } from '../models/model.js';
import { type Pairs, pairsOf } from '../models/pairs.js';
import type { ExposureScores } from '../models/propensity.js';
import { type Histories, histories, sequenceTensors, tokenColumns } from '../models/sequences.js';
import { DivergedError } from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import { averageMetrics, type Metrics, type Ranks } from './metrics.js';

/** How test items are ranked. */
export interface EvaluationSettings {
  /** Sampled items to rank a test item among; 0 ranks it among all items that the user has not interacted with. */
  readonly candidates: number;
  readonly seed: number;
}

const CANDIDATES = stream('evaluation candidates');
const BLOCK = 256;

/** One block of test items with their candidates, the target first in each row, all of `wide` columns. */
interface Block {
  readonly rows: Int32Array;
  readonly users: Tensor;
  readonly items: Tensor;
  readonly counts: Tensor;
}

/** Rows of a part whose items have something to be ranked among, and how many have not. */
function evaluable(
  data: Interactions,
  part: typeof VALIDATION | typeof TEST,
  known: UserItems,
): { rows: Int32Array; leftOut: number } {
  const all = rowsWhere(data.user.length, (row) => data.split?.[row] === part);
  const given = part === TEST ? data.candidates : undefined;
  const each = given ? given.length / all.length : 0;
  const rivals = (row: number, place: number): number => {
    if (given) return givenCount(given, place * each, each);
    const user = data.user[row] as number;
    return known.itemCount - ((known.starts[user + 1] as number) - (known.starts[user] as number));
  };
  const rows = all.filter((row, place) => rivals(row, place) > 0);
  return { rows, leftOut: all.length - rows.length };
}

/** How many candidates the data gives from a place on: what is not needed is -1, and stands last. */
function givenCount(candidates: Int32Array, start: number, each: number): number {
  const end = candidates.subarray(start, start + each).indexOf(-1);
  return end < 0 ? each : end;
}

function refuseNothing(
  data: Interactions,
  part: typeof VALIDATION | typeof TEST,
  { rows, leftOut }: { readonly rows: Int32Array; readonly leftOut: number },
): void {
  if (rows.length > 0) return;
  if (leftOut === 0) throw new UserError(`"${data.name}" has no ${SPLITS[part]} interactions to evaluate on`);
  throw new UserError(
    `"${data.name}": each of the ${leftOut} ${SPLITS[part]} items belongs to a user who interacted with all ${data.itemIds.length} items, so that there is nothing to rank it among: data in which users know a part of the items can be evaluated`,
  );
}

/** Refuses data in which nothing can be evaluated, before anything is trained on it. Throws UserError. */
export function checkEvaluation(data: Interactions): void {
  const known = userItems(data);
  for (const part of [VALIDATION, TEST] as const) refuseNothing(data, part, evaluable(data, part, known));
}

/** Places of the evaluated items, and their scores. */
export interface ScoredRanks extends Ranks {
  readonly scores: Float32Array;
}

/**
 * Ranks the validation or test items of a data set. Candidates are those that the data gives for its test part, or are drawn
 * once, for (seed, user), so every model meets the same ones, as does the same model after every epoch.
 */
export class Evaluator {
  /** Rows of the data that are evaluated. */
  readonly rows: Int32Array;
  /** Test items that there is nothing to rank among, since their users interacted with every item: they are left out of `rows`. */
  readonly leftOut: number;
  /** What each user interacted with, in any part of the data. */
  readonly known: UserItems;
  private readonly blocks: Block[] = [];
  /** What came before the evaluated items; made when the first sequential model asks. */
  private ordered: Histories | undefined;
  /** Blocks' pairs by the length of history that goes with them. */
  private readonly pairs = new Map<number, Pairs[]>();
  private everyItem: Tensor | undefined;

  private constructor(
    private readonly kernels: Kernels,
    readonly data: Interactions,
    private readonly part: typeof VALIDATION | typeof TEST,
  ) {
    this.known = userItems(data);
    const { rows, leftOut } = evaluable(data, part, this.known);
    [this.rows, this.leftOut] = [rows, leftOut];
  }

  /** Draws the candidates. Throws UserError where there is nothing to evaluate. */
  static async create(
    kernels: Kernels,
    data: Interactions,
    part: typeof VALIDATION | typeof TEST,
    settings: EvaluationSettings,
  ): Promise<Evaluator> {
    const evaluator = new Evaluator(kernels, data, part);
    refuseNothing(data, part, evaluator);
    if (part === TEST && data.candidates) evaluator.takeCandidates(data.candidates);
    else if (settings.candidates > 0) await evaluator.drawCandidates(settings);
    return evaluator;
  }

  private async drawCandidates({ candidates, seed }: EvaluationSettings): Promise<void> {
    const { kernels, data } = this;
    const known = knownTensors(kernels, this.known);
    for (let from = 0; from < this.rows.length; from += BLOCK) {
      const rows = this.rows.subarray(from, from + BLOCK);
      const owners = kernels.tensor(Int32Array.from(rows, (row) => data.user[row] as number));
      const drawn = kernels.drawCandidates(known, owners, candidates, { seed, stream: CANDIDATES });
      const items = (await kernels.read(drawn.items)) as Int32Array;
      this.addBlock(rows, candidates, (r, c) => items[r * candidates + c] as number, drawn.counts);
      for (const tensor of [owners, drawn.items]) kernels.free(tensor);
    }
    kernels.free(known.starts);
    kernels.free(known.items);
  }

  /** Candidates that the data gives: places for as many in each row, those that are not needed -1 and last. */
  private takeCandidates(items: Int32Array): void {
    const all = rowsWhere(this.data.user.length, (row) => this.data.split?.[row] === this.part);
    const each = items.length / all.length;
    const places = new Map(Array.from(all, (row, place) => [row, place]));
    for (let from = 0; from < this.rows.length; from += BLOCK) {
      const rows = this.rows.subarray(from, from + BLOCK);
      const first = Array.from(rows, (row) => (places.get(row) as number) * each);
      const counts = this.kernels.tensor(Int32Array.from(first, (start) => givenCount(items, start, each)));
      this.addBlock(rows, each, (r, c) => items[(first[r] as number) + c] as number, counts);
    }
  }

  /** Lays out targets and candidates; a candidate of -1 is none, and stands last. */
  private addBlock(rows: Int32Array, each: number, candidate: (r: number, c: number) => number, counts: Tensor): void {
    const { data, kernels } = this;
    const wide = each + 1;
    const users = new Int32Array(rows.length * wide);
    const items = new Int32Array(rows.length * wide);
    rows.forEach((row, r) => {
      users.fill(data.user[row] as number, r * wide, (r + 1) * wide);
      items[r * wide] = data.item[row] as number;
      for (let c = 0; c < each; c++) items[r * wide + c + 1] = Math.max(0, candidate(r, c));
    });
    this.blocks.push({ rows, users: kernels.tensor(users), items: kernels.tensor(items), counts });
  }

  /** Pairs of the given columns, as many for each of the owners, with the histories that a model reads. */
  private pairsFor(users: Tensor, items: Tensor, owners: ArrayLike<number>, history: number | undefined): Pairs {
    const { kernels, data } = this;
    const size = { users: data.userIds.length, items: data.itemIds.length };
    if (history === undefined) return pairsOf(kernels, { users, items }, size);
    this.ordered ??= histories(data, (row) => (data.split?.[row] ?? TRAIN) < this.part);
    const { starts } = this.ordered;
    const runs = Array.from(owners, (user) => {
      // One more than there are items: the start of the history counts, too.
      const read = (starts[user + 1] as number) - (starts[user] as number) + 1;
      const count = Math.min(history, read);
      return { user, first: read - count, count };
    });
    const columns = tokenColumns(data, this.ordered, runs, history);
    const wide = users.size / owners.length;
    const states = Int32Array.from(
      { length: users.size },
      (_, p) => (columns.starts[Math.floor(p / wide) + 1] as number) - 1,
    );
    return pairsOf(kernels, { users, items, sequences: sequenceTensors(kernels, columns, states) }, size);
  }

  /** Pairs of every block; kept for the next call. */
  private blockPairs(history: number | undefined): Pairs[] {
    let pairs = this.pairs.get(history ?? 0);
    if (!pairs) {
      pairs = this.blocks.map(({ rows, users, items }) => this.pairsFor(users, items, this.owners(rows), history));
      this.pairs.set(history ?? 0, pairs);
    }
    return pairs;
  }

  private owners(rows: Int32Array): Int32Array {
    return rows.map((row) => this.data.user[row] as number);
  }

  /** Places of the evaluated items. Throws DivergedError where a score is not a finite number. */
  async rank(model: Model): Promise<ScoredRanks> {
    const ranks = this.blocks.length > 0 ? await this.rankSampled(model) : await this.rankAll(model);
    if (ranks.greater.includes(-1)) throw new DivergedError('some scores are NaN or infinite');
    return ranks;
  }

  private async rankSampled(model: Model): Promise<ScoredRanks> {
    const { kernels } = this;
    const n = this.rows.length;
    const [greater, equal, scores] = [new Int32Array(n), new Int32Array(n), new Float32Array(n)];
    // All blocks are asked for before the first answer is waited for.
    const reads = this.blockPairs(model.history).map((pairs, b) =>
      kernels.scope(() => {
        const { counts, rows } = this.blocks[b] as Block;
        const scored = model.forward(new Tape(kernels), pairs).value;
        const counted = kernels.countAbove(scored, counts);
        const targets = kernels.everyNth(scored, scored.size / rows.length);
        // Not finite where one of the scores is not.
        const sum = kernels.scaledSum(scored, 1);
        return Promise.all([counted.greater, counted.equal, targets, sum].map((tensor) => kernels.read(tensor)));
      }),
    );
    let row = 0;
    for (const [above, same, own, sum] of (await Promise.all(reads)) as [
      Int32Array,
      Int32Array,
      Float32Array,
      Float32Array,
    ][]) {
      greater.set(Number.isFinite(sum[0]) ? above : above.fill(-1), row);
      equal.set(same, row);
      scores.set(own, row);
      row += above.length;
    }
    return { greater, equal, scores };
  }

  /** Full ranking, user by user, among all items outside the user's known ones. */
  private async rankAll(model: Model): Promise<ScoredRanks> {
    const { data, known, rows } = this;
    const n = rows.length;
    const [greater, equal, targets] = [new Int32Array(n), new Int32Array(n), new Float32Array(n)];
    for (let r = 0; r < n; r++) {
      const row = rows[r] as number;
      const user = data.user[row] as number;
      const scores = await this.scoreAll(model, user);
      const target = scores[data.item[row] as number] as number;
      targets[r] = target;
      let valid = Number.isFinite(target);
      const count = (item: number, sign: 1 | -1): void => {
        const score = scores[item] as number;
        valid &&= Number.isFinite(score);
        if (score > target) (greater[r] as number) += sign;
        else if (score === target) (equal[r] as number) += sign;
      };
      for (let item = 0; item < scores.length; item++) count(item, 1);
      for (let e = known.starts[user] as number; e < (known.starts[user + 1] as number); e++)
        count(known.items[e] as number, -1);
      if (!valid) greater[r] = -1;
    }
    return { greater, equal, scores: targets };
  }

  /** A model's scores of a user with every item. */
  async scoreAll(model: Model, user: number): Promise<Float32Array> {
    const { kernels, data } = this;
    const items = data.itemIds.length;
    this.everyItem ??= kernels.tensor(Int32Array.from({ length: items }, (_, item) => item));
    const every = this.everyItem;
    const read = kernels.scope(() => {
      const users = kernels.tensor(new Int32Array(items).fill(user));
      const pairs = this.pairsFor(users, every, [user], model.history);
      return kernels.read(model.forward(new Tape(kernels), pairs).value);
    });
    return (await read) as Float32Array;
  }

  /** g of every evaluated pair, as an exposure model has it. */
  async exposureScores(scores: ExposureScores, history: number | undefined): Promise<Float32Array> {
    const { kernels, data, rows } = this;
    const out = new Float32Array(rows.length);
    for (let from = 0; from < rows.length; from += BLOCK) {
      const block = rows.subarray(from, from + BLOCK);
      const read = kernels.scope(() => {
        const users = kernels.tensor(this.owners(block));
        const items = kernels.tensor(block.map((row) => data.item[row] as number));
        return kernels.read(scores(this.pairsFor(users, items, this.owners(block), history)));
      });
      out.set((await read) as Float32Array, from);
    }
    return out;
  }

  /** Standard evaluation: every test item counts the same. */
  standard(ranks: Ranks): Metrics {
    return averageMetrics(ranks);
  }
}
