import type { AdamStep, Kernels } from './kernels.js';
import type { Parameter } from './parameter.js';
import type { Gradient } from './tape.js';
import type { Tensor } from './tensor.js';

/**
 * Adam for dense parameters and lazy Adam for tables (paper, 3.2 and 3.3): only the rows of the batch move, with the bias
 * correction of the step's number. `decay` is the weight of l2 in the objective mean over rows r of [loss_r + decay / 2 (sum of
 * squares of the embeddings that r uses and of the dense weights)].
 */
export class Adam {
  private readonly moments = new Map<Parameter, { m: Tensor; v: Tensor }>();
  private firstPower = 1;
  private secondPower = 1;

  constructor(
    private readonly kernels: Kernels,
    public rate: number,
    readonly decay = 0,
  ) {}

  /** Makes the moments of the parameters. Call before the first step and outside of any scope, since moments outlive steps. */
  prepare(parameters: readonly Parameter[]): void {
    for (const parameter of parameters) {
      const { shape } = parameter.value;
      this.moments.set(parameter, { m: this.kernels.zeros(shape), v: this.kernels.zeros(shape) });
    }
  }

  /** Applies the gradients of one backward pass. Parameters that were not prepared stay as they are. */
  step(gradients: readonly Gradient[]): void {
    this.firstPower *= 0.9;
    this.secondPower *= 0.999;
    const correction = Math.sqrt(1 - this.secondPower);
    const step: AdamStep = {
      step: (this.rate * correction) / (1 - this.firstPower),
      epsilon: 1e-8 * correction,
      decay: this.decay,
    };
    for (const { parameter, lookup, variable } of gradients) {
      const moments = this.moments.get(parameter);
      if (!moments || !variable.gradient) continue;
      const { m, v } = moments;
      if (lookup) this.kernels.adamRows(lookup, parameter.value, m, v, variable.gradient, step);
      else this.kernels.adam(parameter.value, m, v, variable.gradient, step);
    }
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { m, v } of this.moments.values()) {
      this.kernels.free(m);
      this.kernels.free(v);
    }
    this.moments.clear();
  }
}
