import type { Activation, Kernels } from './kernels.js';
import type { Parameter } from './parameter.js';
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

/** What the optimizer applies after `backward`: a dense gradient, or one of the distinct rows of a lookup. */
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

  constructor(readonly kernels: Kernels) {}

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
    const variable = new Variable(this.kernels.gatherDistinct(table.value, lookup));
    this.embeddings.push({ parameter: table, lookup, variable });
    return variable;
  }

  /** [positions, width]: for each position of the batch its row of x[count, width]. */
  spread(x: Variable, lookup: Lookup): Variable {
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
  pairProduct(a: Variable, aLookup: Lookup, b: Variable, bLookup: Lookup, weight: Variable): Variable {
    const { kernels } = this;
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
    return this.record(new Variable(this.kernels.product(a.value, b.value)), (g) => {
      if (a.differentiable) this.addProduct(a, g, b.value, false, true);
      if (b.differentiable) this.addProduct(b, a.value, g, true, false);
    });
  }

  /** Activation of x[rows, inputs] weight[inputs, outputs] + bias[outputs]. */
  dense(x: Variable, weight: Variable, bias: Variable, activation: Activation = 'linear'): Variable {
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
    const widths = parts.map((part) => part.shape[1] as number);
    const rows = (parts[0] as Variable).shape[0] as number;
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
    const out = new Variable(this.kernels.add(a.value, b.value));
    return this.record(out, (g) => {
      if (a.differentiable) this.kernels.addScaled(1, g, this.gradient(a));
      if (b.differentiable) this.kernels.addScaled(1, g, this.gradient(b));
    });
  }

  /** a b, element by element. */
  multiply(a: Variable, b: Variable): Variable {
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
    const out = new Variable(this.kernels.crossEntropy(logits.value, labels));
    return this.record(out, (g) => this.kernels.crossEntropyAdjoint(g, logits.value, labels, this.gradient(logits)));
  }

  /** [rows]: (x - y)^2. */
  squaredError(x: Variable, y: Tensor): Variable {
    const out = new Variable(this.kernels.squaredError(x.value, y));
    return this.record(out, (g) => this.kernels.squaredErrorAdjoint(g, x.value, y, this.gradient(x)));
  }

  /** Runs all adjoints from d loss / d loss = 1 and returns the gradients of every parameter used. */
  backward(loss: Variable): Gradient[] {
    this.kernels.fill(this.gradient(loss), 1);
    for (let a = this.adjoints.length - 1; a >= 0; a--) (this.adjoints[a] as () => void)();
    const dense = [...this.parameters].map(([parameter, variable]) => ({ parameter, variable }));
    return [...dense, ...this.embeddings].filter(({ variable }) => variable.gradient !== undefined);
  }

  private record(out: Variable, adjoint: (g: Tensor) => void): Variable {
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

  private gradient(variable: Variable): Tensor {
    variable.gradient ??= this.kernels.zeros(variable.value.shape);
    return variable.gradient;
  }
}
