/**
 * Kernels that are made of others, each written once: every backend has them from here, but for those that it fuses itself. A new one needs no more
 * than an entry here. Each works in a scope of its own, so that what it makes on the way is gone after it.
 */
import type { Activation, CoreKernels, OutcomeForm } from './core_kernels.js';
import type { Lookup, Tensor } from './tensor.js';

/** Standard deviations below this count as none, for which there is no correlation. */
const LEAST_VARIANCE = 1e-24;

/** The kernels of this file by name. */
export type ComposedKernels = ReturnType<typeof composedOf>;

/** Gives a backend the composed kernels that it does not fuse. */
export function completeKernels(core: CoreKernels): void {
  for (const [name, kernel] of Object.entries(composedOf(core))) {
    if (!(name in core)) Object.assign(core, { [name]: kernel });
  }
}

/** All composed kernels over the core of a backend. */
export function composedOf(core: CoreKernels) {
  const negative = (x: Tensor): Tensor => core.linear(x, -1, 0);
  const ones = (count: number): Tensor => {
    const out = core.zeros([count]);
    core.fill(out, 1);
    return out;
  };
  const flat = (x: Tensor): Tensor => core.slice(x, 0, x.size);
  /** The same numbers in another shape. */
  const shaped = (x: Tensor, shape: readonly number[]): Tensor => {
    const out = core.zeros(shape);
    core.copy(x, out);
    return out;
  };
  /** x as one column, with a single number added to each. */
  const shifted = (x: Tensor, by: Tensor): Tensor => {
    const out = flat(x);
    core.addBias(out, by, 'linear');
    return out;
  };
  const number = (x: Tensor, index: number): Tensor => core.slice(x, index, 1);
  const mean = (x: Tensor): Tensor => core.scaledSum(x, 1 / x.size);
  const addProduct = (a: Tensor, b: Tensor, out: Tensor): void => core.addScaled(1, core.multiply(a, b), out);
  /** Adds scale[1] x. */
  const addTimes = (x: Tensor, scale: Tensor, out: Tensor): void =>
    core.addScaled(1, core.product(flat(x), scale), out);
  /** [rows, 3]: columns 1, g and what the feedback brings in. */
  const outcomes = (g: Tensor, labels: Tensor, form: OutcomeForm): Tensor => {
    const out = core.zeros([labels.size, 3]);
    core.copyColumns(ones(labels.size), 0, out, 0, 1);
    core.copyColumns(flat(g), 0, out, 1, 1);
    if (form === 'y') core.copyColumns(flat(labels), 0, out, 2, 1);
    if (form === 'y*g') core.copyColumns(core.multiply(flat(labels), flat(g)), 0, out, 2, 1);
    return out;
  };
  /** [wide, wide - 1]: takes each of the others from the first. */
  const firstLessOthers = (wide: number): Tensor => {
    const values = new Float32Array(wide * (wide - 1)).fill(1, 0, wide - 1);
    for (let k = 0; k < wide - 1; k++) values[(k + 1) * (wide - 1) + k] = -1;
    return core.tensor(values, [wide, wide - 1]);
  };
  /** [count]: 1 over the positions that use each distinct row; rows without any count as used once. */
  const shares = ({ slots, count, positions }: Lookup): Tensor => {
    const uses = core.zeros([count]);
    core.scatterAdd(ones(positions), slots, uses);
    return core.reciprocal(core.clamp(uses, 1, positions));
  };
  /** A result outlives the scope of the work on it: made before, filled by a copy. */
  const result = (shape: readonly number[], work: () => Tensor): Tensor => {
    const out = core.zeros(shape);
    core.scope(() => core.copy(work(), out));
    return out;
  };

  return {
    // Rows of tables.
    /** `lookup` of both columns of a batch. */
    lookupPair(a: Tensor, aRows: number, b: Tensor, bRows: number): readonly [Lookup, Lookup] {
      return [core.lookup(a, aRows), core.lookup(b, bRows)];
    },
    /** [count, width] the distinct rows of a lookup. */
    gatherDistinct(table: Tensor, lookup: Lookup): Tensor {
      const shape = [lookup.count, ...table.shape.slice(1)];
      return result(shape, () => core.gather(table, core.slice(lookup.rows, 0, lookup.count)));
    },
    /** [n, width]: activation of a[ai] + b[bi] + bias. */
    gatherPairSum(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, bias: Tensor, activation: Activation): Tensor {
      const out = core.gather(a, ai);
      core.scope(() => core.addScaled(1, core.gather(b, bi), out));
      core.addBias(out, bias, activation);
      return out;
    },
    /** [n]: sum over k of weight[k] a[ai, k] b[bi, k]. */
    pairProduct(a: Tensor, ai: Tensor, b: Tensor, bi: Tensor, weight: Tensor): Tensor {
      return result([ai.size], () => core.product(core.multiply(core.gather(a, ai), core.gather(b, bi)), flat(weight)));
    },
    /** Adds the three gradients of `pairProduct` for upstream g[n]. */
    pairProductAdjoint(
      g: Tensor,
      a: Tensor,
      ai: Tensor,
      b: Tensor,
      bi: Tensor,
      weight: Tensor,
      ga: Tensor,
      gb: Tensor,
      gw: Tensor,
    ): void {
      core.scope(() => {
        const [own, other, up] = [core.gather(a, ai), core.gather(b, bi), flat(g)];
        const weighted = core.product(up, flat(weight), false, true);
        core.scatterAdd(core.multiply(weighted, other), ai, ga);
        core.scatterAdd(core.multiply(weighted, own), bi, gb);
        core.addScaled(1, core.product(core.multiply(own, other), up, true), gw);
      });
    },

    // One number in, one number out.
    sigmoidAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
      core.scope(() => addProduct(g, core.multiply(result, core.linear(result, -1, 1)), gx));
    },
    reluAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
      core.scope(() => {
        const masked = flat(g);
        core.reluMask(result, masked);
        core.addScaled(1, masked, gx);
      });
    },
    /** Adds a b, element by element. */
    addProduct(a: Tensor, b: Tensor, out: Tensor): void {
      core.scope(() => addProduct(a, b, out));
    },
    /** Adds scale g[0] to every element of gx: the adjoint of `scaledSum`. */
    scaledSumAdjoint(g: Tensor, scale: number, gx: Tensor): void {
      core.scope(() => addTimes(ones(gx.size), core.linear(flat(g), scale, 0), gx));
    },
    clampAdjoint(g: Tensor, x: Tensor, least: number, most: number, gx: Tensor): void {
      core.scope(() => {
        const inside = flat(g);
        core.reluMask(core.linear(x, 1, -least), inside);
        core.reluMask(core.linear(x, -1, most), inside);
        core.addScaled(1, inside, gx);
      });
    },
    reciprocalAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
      core.scope(() => addProduct(g, negative(core.multiply(result, result)), gx));
    },

    // Losses, one a row.
    crossEntropyAdjoint(g: Tensor, logits: Tensor, labels: Tensor, gx: Tensor): void {
      core.scope(() => addProduct(g, core.add(core.sigmoid(logits), negative(labels)), gx));
    },
    squaredError(x: Tensor, y: Tensor): Tensor {
      return result(x.shape, () => {
        const difference = core.add(x, negative(y));
        return core.multiply(difference, difference);
      });
    },
    squaredErrorAdjoint(g: Tensor, x: Tensor, y: Tensor, gx: Tensor): void {
      core.scope(() => addProduct(g, core.linear(core.add(x, negative(y)), 2, 0), gx));
    },

    // Row weights.
    /** b0 + b1 g, with b2 y or b2 y g added by `form`; beta[3]. */
    exposureLogits(g: Tensor, labels: Tensor, beta: Tensor, form: OutcomeForm): Tensor {
      return result([labels.size], () => core.product(outcomes(g, labels, form), flat(beta)));
    },
    /** Adds to gbeta and, where given, gg. */
    exposureLogitsAdjoint(
      d: Tensor,
      g: Tensor,
      labels: Tensor,
      beta: Tensor,
      form: OutcomeForm,
      gg: Tensor | undefined,
      gbeta: Tensor,
    ): void {
      core.scope(() => {
        const up = flat(d);
        core.addScaled(1, core.product(outcomes(g, labels, form), up, true), gbeta);
        if (!gg) return;
        // The slope in g: b1, with b2 y where the feedback comes multiplied by g.
        const slopes = core.zeros([labels.size, 3]);
        core.copyColumns(ones(labels.size), 0, slopes, 1, 1);
        if (form === 'y*g') core.copyColumns(flat(labels), 0, slopes, 2, 1);
        addProduct(up, core.product(slopes, flat(beta)), gg);
      });
    },
    /** [2]: the weighted mean of x, and the sum of the weights. */
    weightedMean(x: Tensor, weights: Tensor): Tensor {
      return result([2], () => {
        const total = core.scaledSum(weights, 1);
        const sum = core.scaledSum(core.multiply(weights, x), 1);
        return core.join(core.multiply(sum, core.reciprocal(total)), total);
      });
    },
    weightedMeanAdjoint(
      g: Tensor,
      x: Tensor,
      weights: Tensor,
      result: Tensor,
      gx: Tensor | undefined,
      gw: Tensor | undefined,
    ): void {
      core.scope(() => {
        const up = core.multiply(flat(g), core.reciprocal(number(result, 1)));
        if (gx) addTimes(weights, up, gx);
        if (gw) addTimes(shifted(x, negative(number(result, 0))), up, gw);
      });
    },
    /** For groups of `wide` numbers the first one less each of the others. */
    differences(x: Tensor, wide: number): Tensor {
      const groups = x.size / wide;
      return result([groups * (wide - 1)], () => core.product(shaped(x, [groups, wide]), firstLessOthers(wide)));
    },
    differencesAdjoint(g: Tensor, wide: number, gx: Tensor): void {
      core.scope(() => {
        const up = shaped(g, [gx.size / wide, wide - 1]);
        core.addScaled(1, core.product(up, firstLessOthers(wide), false, true), gx);
      });
    },
    /** [count]: the mean of x over the positions of each distinct row. */
    meanByRow(x: Tensor, lookup: Lookup): Tensor {
      return result([lookup.count], () => {
        const sums = core.zeros([lookup.count]);
        core.scatterAdd(flat(x), lookup.slots, sums);
        return core.multiply(sums, shares(lookup));
      });
    },
    meanByRowAdjoint(g: Tensor, lookup: Lookup, gx: Tensor): void {
      core.scope(() => core.addScaled(1, core.gather(core.multiply(g, shares(lookup)), lookup.slots), gx));
    },
    /**
     * Pearson's correlation of x and y over the rows that are used, then what the adjoint needs. Here every row of a lookup is used: a backend whose
     * lookups count more fuses its own.
     */
    correlation(x: Tensor, y: Tensor, _uses: Tensor): Tensor {
      return result([5], () => {
        const [mx, my] = [mean(x), mean(y)];
        const [dx, dy] = [shifted(x, negative(mx)), shifted(y, negative(my))];
        const [vx, vy] = [mean(core.multiply(dx, dx)), mean(core.multiply(dy, dy))];
        const root = (v: Tensor): Tensor => core.exp(core.linear(core.log(v), -0.5, 0)); // 1 / sqrt(v)
        const [ix, iy] = [root(core.clamp(vx, LEAST_VARIANCE, 1e38)), root(core.clamp(vy, LEAST_VARIANCE, 1e38))];
        const both = core.multiply(ix, iy);
        for (const v of [vx, vy]) core.reluMask(core.linear(v, 1, -LEAST_VARIANCE), both);
        const r = core.multiply(mean(core.multiply(dx, dy)), both);
        const own = core.multiply(r, core.multiply(ix, ix));
        return core.join(core.join(r, core.join(mx, my)), core.join(both, own));
      });
    },
    correlationAdjoint(g: Tensor, x: Tensor, y: Tensor, _uses: Tensor, result: Tensor, gx: Tensor): void {
      core.scope(() => {
        const up = core.linear(flat(g), 1 / x.size, 0);
        const part = (of: Tensor, mean: number, slope: Tensor): void =>
          addTimes(shifted(of, negative(number(result, mean))), core.multiply(up, slope), gx);
        part(y, 2, number(result, 3));
        part(x, 1, negative(number(result, 4)));
      });
    },
  };
}
