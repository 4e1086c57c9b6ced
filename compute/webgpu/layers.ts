import { OUTCOME_FORMS, type OutcomeForm, type Runs } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import { GpuAlgebra } from './algebra.js';
import * as elementwise from './shaders/elementwise.js';
import { MEAN_RUNS, MEAN_RUNS_ADJOINT } from './shaders/rows.js';
import { attentionShaders, LAYER_NORM, LAYER_NORM_TO_PARAMETERS, LAYER_NORM_TO_X } from './shaders/sequences.js';
import * as weighting from './shaders/weighting.js';
import { width } from './tensors.js';

/** Attention, and the row weights of propensity and adversarial training. */
export class GpuLayers extends GpuAlgebra {
  layerNorm(x: Tensor, gain: Tensor, bias: Tensor): { out: Tensor; stats: Tensor } {
    const rows = x.shape[0] as number;
    const out = this.empty(x.shape);
    const stats = this.empty([rows, 2]);
    this.each(LAYER_NORM, [x, gain, bias, out, stats], rows, width(x));
    return { out, stats };
  }

  layerNormAdjoint(g: Tensor, x: Tensor, gain: Tensor, stats: Tensor, gx: Tensor, ggain: Tensor, gbias: Tensor): void {
    const rows = x.shape[0] as number;
    this.each(LAYER_NORM_TO_X, [g, x, gain, stats, gx], rows, width(x));
    this.run(LAYER_NORM_TO_PARAMETERS, [g, x, stats, ggain, gbias], [rows, width(x)], width(x));
  }

  attention(qkv: Tensor, { starts }: Runs, heads: number): { out: Tensor; kept: Tensor } {
    const rows = qkv.shape[0] as number;
    const wide = width(qkv) / 3;
    const out = this.empty([rows, wide]);
    const kept = this.empty([rows, heads]);
    const { forward } = attentionShaders(wide / heads);
    this.each(forward, [starts, qkv, out, kept], rows * heads, starts.size - 1, heads, scaleOf(wide / heads));
    return { out, kept };
  }

  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    { starts }: Runs,
    heads: number,
    { out, kept }: { readonly out: Tensor; readonly kept: Tensor },
    sum?: Tensor,
  ): Tensor {
    const gqkv = sum ?? this.zeros(qkv.shape);
    const rows = qkv.shape[0] as number;
    const size = width(qkv) / 3 / heads;
    const { toQueries, toKeys } = attentionShaders(size);
    const shape = [starts.size - 1, heads, scaleOf(size)];
    this.scope(() => {
      const means = this.empty([rows, heads]);
      this.each(toQueries, [starts, qkv, out, kept, g, means, gqkv], rows * heads, ...shape);
      this.each(toKeys, [starts, qkv, kept, g, means, gqkv], rows * heads, ...shape);
    });
    return gqkv;
  }

  exposureLogits(g: Tensor, labels: Tensor, beta: Tensor, form: OutcomeForm): Tensor {
    const out = this.empty([labels.size]);
    this.each(weighting.EXPOSURE_LOGITS, [g, labels, beta, out], labels.size, OUTCOME_FORMS.indexOf(form));
    return out;
  }

  exposureLogitsAdjoint(
    d: Tensor,
    g: Tensor,
    labels: Tensor,
    beta: Tensor,
    form: OutcomeForm,
    gg: Tensor | undefined,
    gbeta: Tensor,
  ): void {
    const code = OUTCOME_FORMS.indexOf(form);
    if (gg) this.each(weighting.EXPOSURE_LOGITS_TO_G, [d, labels, beta, gg], d.size, code);
    this.run(weighting.EXPOSURE_LOGITS_TO_BETA, [d, g, labels, gbeta], [d.size, code], 1);
  }

  clamp(x: Tensor, least: number, most: number): Tensor {
    return this.like(elementwise.CLAMP, [x], least, most);
  }

  clampAdjoint(g: Tensor, x: Tensor, least: number, most: number, gx: Tensor): void {
    this.each(elementwise.CLAMP_ADJOINT, [g, x, gx], x.size, least, most);
  }

  linear(x: Tensor, scale: number, shift: number): Tensor {
    return this.like(elementwise.LINEAR, [x], scale, shift);
  }

  reciprocal(x: Tensor): Tensor {
    return this.like(elementwise.RECIPROCAL, [x]);
  }

  reciprocalAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.each(elementwise.RECIPROCAL_ADJOINT, [g, result, gx], g.size);
  }

  weightedMean(x: Tensor, weights: Tensor): Tensor {
    const out = this.empty([2]);
    this.run(weighting.WEIGHTED_MEAN, [x, weights, out], [x.size], 1);
    return out;
  }

  weightedMeanAdjoint(
    g: Tensor,
    x: Tensor,
    weights: Tensor,
    result: Tensor,
    gx: Tensor | undefined,
    gw: Tensor | undefined,
  ): void {
    if (gx) this.each(weighting.WEIGHTED_MEAN_TO_X, [g, weights, result, gx], x.size);
    if (gw) this.each(weighting.WEIGHTED_MEAN_TO_WEIGHTS, [g, x, result, gw], x.size);
  }

  differences(x: Tensor, wide: number): Tensor {
    const out = this.empty([(x.size / wide) * (wide - 1)]);
    this.each(weighting.DIFFERENCES, [x, out], out.size, wide);
    return out;
  }

  differencesAdjoint(g: Tensor, wide: number, gx: Tensor): void {
    this.each(weighting.DIFFERENCES_ADJOINT, [g, gx], gx.size, wide);
  }

  meanByRow(x: Tensor, { count, slots }: Lookup): Tensor {
    const { starts, positions, firstRow } = this.runsOf(slots, count);
    const out = this.empty([count]);
    this.each(MEAN_RUNS, [x, starts, positions, out], count, firstRow);
    return out;
  }

  meanByRowAdjoint(g: Tensor, { slots, uses }: Lookup, gx: Tensor): void {
    this.each(MEAN_RUNS_ADJOINT, [g, slots, uses, gx], gx.size);
  }

  correlation(x: Tensor, y: Tensor, uses: Tensor): Tensor {
    const out = this.empty([6]);
    this.run(weighting.CORRELATION, [x, y, uses, out], [x.size], 1);
    return out;
  }

  correlationAdjoint(g: Tensor, x: Tensor, y: Tensor, uses: Tensor, result: Tensor, gx: Tensor): void {
    this.each(weighting.CORRELATION_ADJOINT, [g, x, y, uses, result, gx], x.size);
  }
}

/** The factor of scores in attention. */
const scaleOf = (size: number): number => Math.fround(1 / Math.fround(Math.sqrt(size)));
