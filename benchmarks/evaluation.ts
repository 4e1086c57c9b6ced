import { type Kernels, type Lookup, stream, Tape, type Tensor } from '../compute/index.js';
import {
  type Interactions,
  rowsWhere,
  SPLITS,
  type TEST,
  type UserItems,
  userItems,
  type VALIDATION,
} from '../datasets/interactions.js';
import { knownTensors } from '../models/batches.js';
import type { Model } from '../models/model.js';
import { DivergedError } from '../models/trainer.js';
import { UserError } from '../support/errors.js';
import { averageMetrics, effectiveSize, type Metrics, type Ranks } from './metrics.js';

/** How test items are ranked. */
export interface EvaluationSettings {
  /** Sampled items to rank a test item among; 0 ranks it among all items that the user has not interacted with. */
  readonly candidates: number;
  readonly seed: number;
}

/** Unbiased evaluation by the simulator's truth (PAPER section 6). */
export interface UnbiasedSettings {
  /**
   * `relevance/exposure` weights a hit by p_rel / p_exp of the test pair, as the paper says. A click already comes in
   * proportion to p_rel p_exp, so this counts relevance twice; `1/exposure` counts it once.
   */
  readonly weight: 'relevance/exposure' | '1/exposure';
  /** Least p_exp to divide by. */
  readonly clip: number;
}

const CANDIDATES = stream('evaluation candidates');
const BLOCK = 256;

/** One block of test items with their candidates, the target first in each row. */
interface Block {
  readonly users: Lookup;
  readonly items: Lookup;
  readonly counts: Tensor;
}

/**
 * Ranks the validation or test items of a data set. Candidates are drawn once, for (seed, user), so every model meets the
 * same ones, as does the same model after every epoch.
 */
export class Evaluator {
  /** Rows of the data that are evaluated. */
  readonly rows: Int32Array;
  private readonly blocks: Block[] = [];

  private constructor(
    private readonly kernels: Kernels,
    private readonly data: Interactions,
    private readonly known: UserItems,
    part: typeof VALIDATION | typeof TEST,
  ) {
    this.rows = rowsWhere(data.user.length, (row) => data.split?.[row] === part);
  }

  /** Draws the candidates. */
  static async create(
    kernels: Kernels,
    data: Interactions,
    part: typeof VALIDATION | typeof TEST,
    settings: EvaluationSettings,
  ): Promise<Evaluator> {
    const evaluator = new Evaluator(kernels, data, userItems(data), part);
    if (evaluator.rows.length === 0)
      throw new UserError(`"${data.name}" has no ${SPLITS[part]} interactions to evaluate on`);
    if (settings.candidates > 0) await evaluator.drawCandidates(settings);
    return evaluator;
  }

  private async drawCandidates(settings: EvaluationSettings): Promise<void> {
    const { kernels, data, rows } = this;
    const known = knownTensors(kernels, this.known);
    const wide = settings.candidates + 1;
    for (let from = 0; from < rows.length; from += BLOCK) {
      const block = rows.subarray(from, from + BLOCK);
      const owners = kernels.tensor(Int32Array.from(block, (row) => data.user[row] as number));
      const drawn = kernels.drawCandidates(known, owners, settings.candidates, {
        seed: settings.seed,
        stream: CANDIDATES,
      });
      const candidates = await kernels.read(drawn.items);
      const users = new Int32Array(block.length * wide);
      const items = new Int32Array(block.length * wide);
      block.forEach((row, r) => {
        users.fill(data.user[row] as number, r * wide, (r + 1) * wide);
        items[r * wide] = data.item[row] as number;
        for (let c = 1; c < wide; c++) items[r * wide + c] = Math.max(0, candidates[r * (wide - 1) + c - 1] as number);
      });
      const [userTensor, itemTensor] = [kernels.tensor(users), kernels.tensor(items)];
      this.blocks.push({
        users: kernels.lookup(userTensor, data.userIds.length),
        items: kernels.lookup(itemTensor, data.itemIds.length),
        counts: drawn.counts,
      });
      for (const tensor of [owners, drawn.items, userTensor, itemTensor]) kernels.free(tensor);
    }
    kernels.free(known.starts);
    kernels.free(known.items);
  }

  /** Places of the evaluated items. Throws DivergedError where a score is not a number. */
  async rank(model: Model): Promise<Ranks> {
    const ranks = this.blocks.length > 0 ? await this.rankSampled(model) : await this.rankAll(model);
    if (ranks.greater.includes(-1))
      throw new DivergedError('the model scores some items as NaN: lower the learning rate');
    return ranks;
  }

  private async rankSampled(model: Model): Promise<Ranks> {
    const greater = new Int32Array(this.rows.length);
    const equal = new Int32Array(this.rows.length);
    let row = 0;
    for (const block of this.blocks) {
      const reads = this.kernels.scope(() => {
        const scores = model.forward(new Tape(this.kernels), block).value;
        const counted = this.kernels.countAbove(scores, block.counts);
        return [this.kernels.read(counted.greater), this.kernels.read(counted.equal)];
      });
      const [above, same] = (await Promise.all(reads)) as [Int32Array, Int32Array];
      greater.set(above, row);
      equal.set(same, row);
      row += above.length;
    }
    return { greater, equal };
  }

  /** Full ranking, user by user, among all items outside the user's known ones. */
  private async rankAll(model: Model): Promise<Ranks> {
    const { kernels, data } = this;
    const items = data.itemIds.length;
    const { known } = this;
    const all = kernels.tensor(Int32Array.from({ length: items }, (_, item) => item));
    const greater = new Int32Array(this.rows.length);
    const equal = new Int32Array(this.rows.length);
    for (let r = 0; r < this.rows.length; r++) {
      const row = this.rows[r] as number;
      const user = data.user[row] as number;
      const read = kernels.scope(() => {
        const users = kernels.tensor(new Int32Array(items).fill(user));
        const pairs = { users: kernels.lookup(users, data.userIds.length), items: kernels.lookup(all, items) };
        return kernels.read(model.forward(new Tape(kernels), pairs).value);
      });
      const scores = await read;
      const target = scores[data.item[row] as number] as number;
      let valid = !Number.isNaN(target);
      const count = (item: number, sign: 1 | -1): void => {
        const score = scores[item] as number;
        valid &&= !Number.isNaN(score);
        if (score > target) (greater[r] as number) += sign;
        else if (score === target) (equal[r] as number) += sign;
      };
      for (let item = 0; item < items; item++) count(item, 1);
      for (let e = known.starts[user] as number; e < (known.starts[user + 1] as number); e++)
        count(known.items[e] as number, -1);
      if (!valid) greater[r] = -1;
    }
    kernels.free(all);
    return { greater, equal };
  }

  /** Standard evaluation: every test item counts the same. */
  standard(ranks: Ranks): Metrics {
    return averageMetrics(ranks);
  }

  /**
   * Unbiased evaluation, for simulated data; undefined for others. `size` says how many equally weighted test items the weights are
   * worth: when it is small, a few rarely shown items decide.
   */
  unbiased(ranks: Ranks, settings: UnbiasedSettings): { metrics: Metrics; size: number } | undefined {
    const { truth } = this.data;
    if (!truth) return undefined;
    const weights = Float64Array.from(this.rows, (row) => {
      const gain = settings.weight === '1/exposure' ? 1 : (truth.relevance[row] as number);
      return gain / Math.max(settings.clip, truth.exposure[row] as number);
    });
    return { metrics: averageMetrics(ranks, weights), size: effectiveSize(weights) };
  }
}
