import {
  Adam,
  type Kernels,
  OUTCOME_FORMS,
  type OutcomeForm,
  type Parameter,
  Tape,
  type Tensor,
  type Variable,
} from '../compute/index.js';
import type { ModelScorers } from '../models/model_scorer.js';
import type { ExposureRecord } from '../models/trainer.js';
import type { ExposureModel, Propensity } from '../propensities/propensity.js';

/** What happens to b0, b1, b2: trained with f, left at 0, 1, 0, or fitted so that sigmoid(b0 + b1 g) predicts the feedback. */
export const BETAS = ['learned', 'fixed', 'fitted'] as const;
/** 1 / G as it is, as the paper has it, or divided by its mean over the batch. */
export const WEIGHTS = ['raw', 'normalised'] as const;
/**
 * Which rows are weighted: all, as the paper has it, or clicks alone. A sampled negative was mostly never shown; to weight it by 1 / G says
 * that what is rarely shown is surely disliked, and works against what the weights of clicks do.
 */
export const WEIGHED = ['all', 'clicks'] as const;
export { OUTCOME_FORMS };

/** How g becomes the propensity G_beta(g, y) = sigmoid(b0 + b1 g + b2 y) (paper, 3.2 and 3.3). */
export interface GBetaSettings {
  readonly outcome: OutcomeForm;
  readonly beta: (typeof BETAS)[number];
  readonly weights: (typeof WEIGHTS)[number];
  readonly weighed: (typeof WEIGHED)[number];
  /** Least G. */
  readonly leastG: number;
}

/** Most absolute value of G's logit, as in the authors' program. */
const MOST_LOGIT = 8;

/** G counts as collapsed to a constant below this ratio of its deviation within labels to its mean. */
const COLLAPSED = 0.05;

/**
 * Why G is no exposure model, in words; undefined where it may be one. Within clicks, and within what was not clicked, all rows got about the same weight,
 * so that training was plain after all (paper, 3.2 and 3.3): what G owes to the feedback alone says nothing of exposure. Or b1 is not above 0, so
 * that G falls where g rises.
 */
export function whyCollapsed({
  meanG,
  sdWithin,
  beta,
}: Pick<ExposureRecord, 'meanG' | 'sdWithin' | 'beta'>): string | undefined {
  if (sdWithin < COLLAPSED * meanG)
    return `G hardly varies among clicks (mean ${meanG.toFixed(3)}, sd within labels ${sdWithin.toFixed(3)})`;
  return beta[1] > 0 ? undefined : `G falls where g rises (b1 ${beta[1].toFixed(2)})`;
}

/** G_beta with its parameters, and what it was over an epoch. */
export class GBeta {
  readonly beta: Parameter;
  private readonly sums: {
    readonly values: Tensor;
    readonly squares: Tensor;
    /** Of clicks alone: how many, and their values. */
    readonly clicks: Tensor;
    readonly clicked: Tensor;
  };
  private readonly fit: Adam | undefined;
  private rows = 0;
  /** Whether labels are clicks, and not ratings. */
  private hasClicks = true;

  /** Settings whose beta is `fitted` take no feedback into G: it would predict itself. */
  constructor(
    private readonly kernels: Kernels,
    readonly settings: GBetaSettings,
    rate: number,
  ) {
    this.beta = { name: 'beta', value: kernels.tensor(Float32Array.of(0, 1, 0)) };
    const zero = (): Tensor => kernels.zeros([1]);
    this.sums = { values: zero(), squares: zero(), clicks: zero(), clicked: zero() };
    if (settings.beta === 'fitted') {
      this.fit = new Adam(kernels, rate);
      this.fit.prepare([this.beta]);
    }
  }

  /** Parameters to train with f. */
  get trained(): readonly Parameter[] {
    return this.settings.beta === 'learned' ? [this.beta] : [];
  }

  /** [rows]: G of the scores g. */
  of(tape: Tape, g: Variable, labels: Tensor): Variable {
    const form = this.settings.beta === 'fitted' ? 'none' : this.settings.outcome;
    const logits = tape.exposureLogits(g, labels, tape.parameter(this.beta), form);
    return tape.clamp(tape.sigmoid(tape.clamp(logits, -MOST_LOGIT, MOST_LOGIT)), this.settings.leastG, 1);
  }

  /** G of clicks with the given scores g. */
  async ofClicks(scores: Float32Array): Promise<Float32Array> {
    const { kernels } = this;
    const read = kernels.scope(() => {
      const labels = kernels.zeros([scores.length]);
      kernels.fill(labels, 1);
      const tape = new Tape(kernels);
      return kernels.read(this.of(tape, tape.constant(kernels.tensor(scores)), labels).value);
    });
    return (await read) as Float32Array;
  }

  /** G of clicks, as what an estimate divides by. */
  asPropensity(scorers: ModelScorers, { logits, history }: Pick<ExposureModel, 'logits' | 'history'>): Propensity {
    return { name: 'G', of: async (question) => this.ofClicks(await scorers.score(question, logits, history)) };
  }

  /** [rows]: 1 / G, or 1 for rows that are not weighted. */
  weightsOf(tape: Tape, G: Variable, labels: Tensor): Variable {
    const weights = tape.reciprocal(G);
    if (this.settings.weighed === 'all') return weights;
    return tape.linear(tape.multiply(tape.linear(weights, 1, -1), tape.constant(labels)), 1, 1);
  }

  /** [1]: weighted mean of losses. */
  weightedMean(tape: Tape, losses: Variable, weights: Variable): Variable {
    return this.settings.weights === 'raw'
      ? tape.mean(tape.multiply(losses, weights))
      : tape.weightedMean(losses, weights);
  }

  /** Counts G into the epoch's record, and fits beta where that is asked for. Labels may be ratings instead of clicks. */
  observe(G: Tensor, g: Tensor, labels: Tensor, areClicks = true): void {
    const { kernels, sums } = this;
    // Of 1 - G, so that a G close to 1, which is where it goes, does not cancel.
    const rest = kernels.linear(G, -1, 1);
    kernels.addScaled(1, kernels.scaledSum(rest, 1), sums.values);
    kernels.addScaled(1, kernels.scaledSum(kernels.multiply(rest, rest), 1), sums.squares);
    this.rows += G.size;
    this.hasClicks = areClicks;
    if (areClicks) {
      kernels.addScaled(1, kernels.scaledSum(labels, 1), sums.clicks);
      kernels.addScaled(1, kernels.scaledSum(kernels.multiply(rest, labels), 1), sums.clicked);
    }
    if (!this.fit) return;
    const tape = new Tape(kernels);
    const logits = tape.exposureLogits(tape.constant(g), labels, tape.parameter(this.beta), 'none');
    this.fit.step(tape.backward(tape.mean(tape.crossEntropy(logits, labels))));
  }

  /** The record of the rows observed since the last call. */
  async read(): Promise<ExposureRecord> {
    const { kernels, sums, rows } = this;
    const { values, squares, clicks, clicked } = sums;
    const tensors = [values, squares, clicks, clicked];
    const [total, square, count, own] = (await Promise.all(tensors.map((tensor) => kernels.read(tensor)))).map(
      (read) => read[0] as number,
    ) as [number, number, number, number];
    const beta = (await kernels.read(this.beta.value)) as Float32Array;
    for (const tensor of tensors) kernels.fill(tensor, 0);
    this.rows = 0;
    const mean = total / rows;
    const variance = Math.max(0, square / rows - mean * mean);
    const others = rows - count;
    // Of the squares around the two labels' own means.
    const isDivided = this.hasClicks && count > 0 && others > 0;
    const within = isDivided ? (square - own ** 2 / count - (total - own) ** 2 / others) / rows : variance;
    return {
      meanG: 1 - mean,
      sdG: Math.sqrt(variance),
      sdWithin: Math.sqrt(Math.max(0, Math.min(variance, within))),
      beta: [beta[0] as number, beta[1] as number, beta[2] as number],
    };
  }
}
