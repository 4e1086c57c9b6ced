import type { Activation, Kernels, OutcomeForm, Runs } from './kernels.js';
import type { Parameter } from './parameter.js';
import { type DrawKey, stream } from './random.js';
import { expectProduct, expectRowOf, expectSameRows, expectSameSize, expectSameWidth, expectShapes } from './shapes.js';
import type { Lookup, Tensor } from './tensor.js';

/** A value on the tape. Its gradient is made, as zeros, when the first adjoint adds to it. */
export class Variable {
  gradient: Tensor | undefined;

  constructor(
    readonly value: Tensor,
    /** False for data: nothing flows back into it. */
    readonly differentiable = true,
  ) {}

  get shape(): readonly number[] {
    return this.value.shape;
  }
}

/** Where each position of a batch finds its row; all of a lookup that forward passes need. */
export type Slots = Pick<Lookup, 'slots'>;

/** A gradient that the optimizer applies after `backward`: a dense gradient, or one of the distinct rows of a lookup. */
export interface Gradient {
  readonly parameter: Parameter;
  readonly lookup?: Lookup;
  readonly variable: Variable;
}

/**
 * Records a forward pass and runs its adjoints backwards. Make one for each step, inside `kernels.scope`, so that everything on it is
 * freed together.
 */
export class Tape {
  private readonly adjoints: (() => void)[] = [];
  private readonly parameters = new Map<Parameter, Variable>();
  private readonly embeddings: Gradient[] = [];

  /** `training` keys what is drawn in a step of training (dropout); without it nothing is drawn. */
  constructor(
    readonly kernels: Kernels,
    readonly training?: Pick<DrawKey, 'seed' | 'replicate'>,
  ) {}

  /** A value that nothing flows back into. */
  constant(value: Tensor): Variable {
    return new Variable(value, false);
  }

  /** A dense parameter; the same variable each time. */
  parameter(parameter: Parameter): Variable {
    let variable = this.parameters.get(parameter);
    if (!variable) {
      variable = new Variable(parameter.value);
      this.parameters.set(parameter, variable);
    }
    return variable;
  }

  /** [count, width]: the distinct rows of a table. Use `spread` or a pair operation to reach the batch's positions. */
  embed(table: Parameter, lookup: Lookup): Variable {
    const known = this.embeddings.find((other) => other.parameter === table && other.lookup === lookup);
    if (known) return known.variable;
    const variable = new Variable(this.kernels.gatherDistinct(table.value, lookup));
    this.embeddings.push({ parameter: table, lookup, variable });
    return variable;
  }

  /** [positions, width]: for each position of the batch its row of x[count, width]. */
  spread(x: Variable, lookup: Slots): Variable {
    const out = new Variable(this.kernels.gather(x.value, lookup.slots));
    return this.record(out, (g) => this.kernels.scatterAdd(g, lookup.slots, this.gradient(x)));
  }

  /** [positions, width]: activation of a's row plus b's row plus a bias, for each position. */
  pairSum(
    a: Variable,
    aLookup: Lookup,
    b: Variable,
    bLookup: Lookup,
    bias: Variable,
    activation: Activation = 'linear',
  ): Variable {
    const { kernels } = this;
    expectSameWidth('pairSum', a, b);
    expectRowOf('pairSum', a, bias);
    expectSameSize('pairSum', aLookup.slots, bLookup.slots);
    const sum = kernels.gatherPairSum(a.value, aLookup.slots, b.value, bLookup.slots, bias.value, activation);
    const out = new Variable(sum);
    return this.record(out, (g) => {
      if (activation === 'relu') kernels.reluMask(out.value, g);
      kernels.scatterAdd(g, aLookup.slots, this.gradient(a));
      kernels.scatterAdd(g, bLookup.slots, this.gradient(b));
      kernels.addColumnSums(g, this.gradient(bias));
    });
  }

  /** [positions]: sum over k of weight[k] a[k] b[k], for each position. */
  pairProduct(a: Variable, aLookup: Slots, b: Variable, bLookup: Slots, weight: Variable): Variable {
    const { kernels } = this;
    expectSameWidth('pairProduct', a, b);
    expectRowOf('pairProduct', a, weight);
    expectSameSize('pairProduct', aLookup.slots, bLookup.slots);
    const out = new Variable(kernels.pairProduct(a.value, aLookup.slots, b.value, bLookup.slots, weight.value));
    return this.record(out, (g) =>
      kernels.pairProductAdjoint(
        g,
        a.value,
        aLookup.slots,
        b.value,
        bLookup.slots,
        weight.value,
        this.gradient(a),
        this.gradient(b),
        this.gradient(weight),
      ),
    );
  }

  /** [m, n] = a[m, k] b[k, n]. */
  matmul(a: Variable, b: Variable): Variable {
    expectProduct('matmul', a, b);
    return this.record(new Variable(this.kernels.product(a.value, b.value)), (g) => {
      if (a.differentiable) this.addProduct(a, g, b.value, false, true);
      if (b.differentiable) this.addProduct(b, a.value, g, true, false);
    });
  }

  /** Activation of x[rows, inputs] weight[inputs, outputs] + bias[outputs]. */
  dense(x: Variable, weight: Variable, bias: Variable, activation: Activation = 'linear'): Variable {
    expectProduct('dense', x, weight);
    expectRowOf('dense', weight, bias);
    const out = this.matmul(x, weight);
    this.kernels.addBias(out.value, bias.value, activation);
    // Runs before the adjoint of the product, which then sees the masked gradient.
    return this.record(out, (g) => {
      if (activation === 'relu') this.kernels.reluMask(out.value, g);
      this.kernels.addColumnSums(g, this.gradient(bias));
    });
  }

  /** [rows, sum of widths]: matrices side by side. */
  concatenate(...parts: Variable[]): Variable {
    const { kernels } = this;
    const first = parts[0] as Variable;
    for (const part of parts) expectSameRows('concatenate', first, part);
    const rows = first.shape[0] as number;
    const widths = parts.map((part) => part.value.size / rows);
    const out = new Variable(kernels.zeros([rows, widths.reduce((sum, width) => sum + width, 0)]));
    let column = 0;
    const columns = widths.map((width) => (column += width) - width);
    parts.forEach((part, p) =>
      kernels.copyColumns(part.value, 0, out.value, columns[p] as number, widths[p] as number),
    );
    return this.record(out, (g) =>
      parts.forEach((part, p) =>
        kernels.copyColumns(g, columns[p] as number, this.gradient(part), 0, widths[p] as number, true),
      ),
    );
  }

  relu(x: Variable): Variable {
    const out = new Variable(this.kernels.relu(x.value));
    return this.record(out, (g) => this.kernels.reluAdjoint(g, out.value, this.gradient(x)));
  }

  sigmoid(x: Variable): Variable {
    const out = new Variable(this.kernels.sigmoid(x.value));
    return this.record(out, (g) => this.kernels.sigmoidAdjoint(g, out.value, this.gradient(x)));
  }

  /** a + b, of equal sizes. */
  add(a: Variable, b: Variable): Variable {
    expectSameSize('add', a, b);
    const out = new Variable(this.kernels.add(a.value, b.value));
    return this.record(out, (g) => {
      if (b.differentiable) {
        if (b.gradient) this.kernels.addScaled(1, g, b.gradient);
        else b.gradient = this.kernels.linear(g, 1, 0);
      }
      if (!a.differentiable) return;
      // Nobody looks at g after this, so that it may become the gradient of one of the two.
      if (a.gradient) this.kernels.addScaled(1, g, a.gradient);
      else a.gradient = g;
    });
  }

  /** a b, element by element. */
  multiply(a: Variable, b: Variable): Variable {
    expectSameSize('multiply', a, b);
    const out = new Variable(this.kernels.multiply(a.value, b.value));
    return this.record(out, (g) => {
      if (a.differentiable) this.kernels.addProduct(g, b.value, this.gradient(a));
      if (b.differentiable) this.kernels.addProduct(g, a.value, this.gradient(b));
    });
  }

  /** [1]: the mean of all elements. */
  mean(x: Variable): Variable {
    const scale = 1 / x.value.size;
    const out = new Variable(this.kernels.scaledSum(x.value, scale));
    return this.record(out, (g) => this.kernels.scaledSumAdjoint(g, scale, this.gradient(x)));
  }

  /** [rows]: binary cross-entropy on logits, one a row. Multiply by weights before `mean` to weight rows. */
  crossEntropy(logits: Variable, labels: Tensor): Variable {
    expectSameSize('crossEntropy', logits, labels);
    const out = new Variable(this.kernels.crossEntropy(logits.value, labels));
    return this.record(out, (g) => this.kernels.crossEntropyAdjoint(g, logits.value, labels, this.gradient(logits)));
  }

  /** [rows]: (x - y)^2. */
  squaredError(x: Variable, y: Tensor): Variable {
    expectSameSize('squaredError', x, y);
    const out = new Variable(this.kernels.squaredError(x.value, y));
    return this.record(out, (g) => this.kernels.squaredErrorAdjoint(g, x.value, y, this.gradient(x)));
  }

  /** Layer normalization of rows. */
  layerNorm(x: Variable, gain: Variable, bias: Variable): Variable {
    const { kernels } = this;
    expectRowOf('layerNorm', x, gain);
    expectRowOf('layerNorm', x, bias);
    const { out: value, stats } = kernels.layerNorm(x.value, gain.value, bias.value);
    return this.record(new Variable(value), (g) =>
      kernels.layerNormAdjoint(
        g,
        x.value,
        gain.value,
        stats,
        this.gradient(x),
        this.gradient(gain),
        this.gradient(bias),
      ),
    );
  }

  /** [rows, width]: causal self-attention of qkv[rows, 3 width] within each sequence. */
  attention(qkv: Variable, sequences: Runs, heads: number): Variable {
    const { kernels } = this;
    const threefold = { shape: [3 * heads] };
    expectShapes(
      'attention',
      (qkv.shape[1] ?? 1) % (3 * heads) === 0,
      qkv,
      threefold,
      'the columns of the first must divide by 3 times the heads',
    );
    const result = kernels.attention(qkv.value, sequences, heads);
    return this.record(new Variable(result.out), (g) => {
      qkv.gradient = kernels.attentionAdjoint(g, qkv.value, sequences, heads, result, qkv.gradient);
    });
  }

  /** Zeroes elements with probability `rate` and scales the rest, in training; `place` tells several uses of one step apart. */
  dropout(x: Variable, rate: number, place: string): Variable {
    if (!this.training || rate === 0) return x;
    const mask = this.mask(this.training, x, rate, place);
    return this.record(new Variable(this.kernels.multiply(x.value, mask)), (g) => this.addMasked(x, g, mask));
  }

  /** a plus what dropout leaves of b. */
  addDropped(a: Variable, b: Variable, rate: number, place: string): Variable {
    if (!this.training || rate === 0) return this.add(a, b);
    expectSameSize('addDropped', a, b);
    const mask = this.mask(this.training, b, rate, place);
    const out = new Variable(this.kernels.addMasked(a.value, b.value, mask));
    return this.record(out, (g) => {
      if (b.differentiable) this.addMasked(b, g, mask);
      if (!a.differentiable) return;
      // As in `add`, g may become a gradient.
      if (a.gradient) this.kernels.addScaled(1, g, a.gradient);
      else a.gradient = g;
    });
  }

  private mask(training: NonNullable<Tape['training']>, x: Variable, rate: number, place: string): Tensor {
    return this.kernels.drawMask(x.shape, { ...training, stream: stream(`dropout ${place}`) }, rate);
  }

  /** Adds g mask to a gradient. */
  private addMasked(x: Variable, g: Tensor, mask: Tensor): void {
    if (x.gradient) this.kernels.addProduct(g, mask, x.gradient);
    else x.gradient = this.kernels.multiply(g, mask);
  }

  /** [rows]: b0 + b1 g, with b2 y or b2 y g by `form`; beta[3] (paper, 3.2 and 3.3). */
  exposureLogits(g: Variable, labels: Tensor, beta: Variable, form: OutcomeForm): Variable {
    const { kernels } = this;
    expectSameSize('exposureLogits', g, labels);
    expectShapes('exposureLogits', beta.value.size === 3, g, beta, 'beta needs three numbers');
    const out = new Variable(kernels.exposureLogits(g.value, labels, beta.value, form));
    return this.record(out, (d) => {
      const toG = g.differentiable ? this.gradient(g) : undefined;
      kernels.exposureLogitsAdjoint(d, g.value, labels, beta.value, form, toG, this.gradient(beta));
    });
  }

  /** x moved into [least, most]; nothing flows back from outside. */
  clamp(x: Variable, least: number, most: number): Variable {
    const out = new Variable(this.kernels.clamp(x.value, least, most), x.differentiable);
    return this.record(out, (g) => this.kernels.clampAdjoint(g, x.value, least, most, this.gradient(x)));
  }

  /** scale x + shift. */
  linear(x: Variable, scale: number, shift = 0): Variable {
    const out = new Variable(this.kernels.linear(x.value, scale, shift));
    return this.record(out, (g) => this.kernels.addScaled(scale, g, this.gradient(x)));
  }

  reciprocal(x: Variable): Variable {
    const out = new Variable(this.kernels.reciprocal(x.value));
    return this.record(out, (g) => this.kernels.reciprocalAdjoint(g, out.value, this.gradient(x)));
  }

  /** [1]: sum of w x over the sum of w. */
  weightedMean(x: Variable, weights: Variable): Variable {
    const { kernels } = this;
    expectSameSize('weightedMean', x, weights);
    const result = kernels.weightedMean(x.value, weights.value);
    return this.record(new Variable(kernels.slice(result, 0, 1)), (g) =>
      kernels.weightedMeanAdjoint(
        g,
        x.value,
        weights.value,
        result,
        x.differentiable ? this.gradient(x) : undefined,
        weights.differentiable ? this.gradient(weights) : undefined,
      ),
    );
  }

  /** For groups of `wide` numbers the first less each of the others: a positive's score over those of its negatives. */
  differences(x: Variable, wide: number): Variable {
    expectShapes(
      'differences',
      wide > 1 && x.value.size % wide === 0,
      x,
      { shape: [wide] },
      'the elements must be whole groups of at least two',
    );
    const out = new Variable(this.kernels.differences(x.value, wide));
    return this.record(out, (g) => this.kernels.differencesAdjoint(g, wide, this.gradient(x)));
  }

  /** [count]: the mean of x over the positions of each distinct row of a lookup. */
  meanByRow(x: Variable, lookup: Lookup): Variable {
    expectSameSize('meanByRow', x, lookup.slots);
    const out = new Variable(this.kernels.meanByRow(x.value, lookup));
    return this.record(out, (g) => this.kernels.meanByRowAdjoint(g, lookup, this.gradient(x)));
  }

  /** [1]: Pearson's correlation of x[count] with data y[count], over the distinct rows of a lookup. */
  correlation(x: Variable, y: Tensor, { uses }: Lookup): Variable {
    const { kernels } = this;
    expectSameSize('correlation', x, y);
    const result = kernels.correlation(x.value, y, uses);
    return this.record(new Variable(kernels.slice(result, 0, 1)), (g) =>
      kernels.correlationAdjoint(g, x.value, y, uses, result, this.gradient(x)),
    );
  }

  /** Runs all adjoints from d loss / d loss = 1 and returns the gradients of every parameter used. */
  backward(loss: Variable): Gradient[] {
    expectShapes('backward', loss.value.size === 1, loss, { shape: [1] }, 'a loss is one number');
    this.kernels.fill(this.gradient(loss), 1);
    for (let a = this.adjoints.length - 1; a >= 0; a--) (this.adjoints[a] as () => void)();
    const dense = [...this.parameters].map(([parameter, variable]) => ({ parameter, variable }));
    return [...dense, ...this.embeddings].filter(({ variable }) => variable.gradient !== undefined);
  }

  /**
   * Puts an operation's adjoint on the tape: `backward` hands it the gradient of `out`, if any came, and it adds to those of the operands (see
   * `gradient`). With `kernels` this is all that an operation in a file of its own needs.
   */
  record(out: Variable, adjoint: (g: Tensor) => void): Variable {
    this.adjoints.push(() => {
      if (out.gradient) adjoint(out.gradient);
    });
    return out;
  }

  /** Adds op(a) op(b) to a gradient; the first to come needs no zeros to add to. */
  private addProduct(variable: Variable, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): void {
    if (variable.gradient) this.kernels.matmul(a, b, variable.gradient, transposeA, transposeB);
    else variable.gradient = this.kernels.product(a, b, transposeA, transposeB);
  }

  /** Where adjoints add to what flows back into a variable. */
  gradient(variable: Variable): Tensor {
    variable.gradient ??= this.kernels.zeros(variable.value.shape);
    return variable.gradient;
  }
}
