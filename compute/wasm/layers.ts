import { OUTCOME_FORMS, type OutcomeForm, type Runs } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import { WasmAlgebra } from './algebra.js';
import { at, width } from './tensors.js';

/** Attention, and the row weights of propensity and adversarial training. */
export class WasmLayers extends WasmAlgebra {
  layerNorm(x: Tensor, gain: Tensor, bias: Tensor): { out: Tensor; stats: Tensor } {
    const rows = x.shape[0] as number;
    const out = this.empty(x.shape);
    const stats = this.empty([rows, 2]);
    this.raw.layerNorm(rows, width(x), at(x), at(gain), at(bias), at(out), at(stats));
    return { out, stats };
  }

  layerNormAdjoint(g: Tensor, x: Tensor, gain: Tensor, stats: Tensor, gx: Tensor, ggain: Tensor, gbias: Tensor): void {
    this.withScratch(2 * width(x), (scratch) =>
      this.raw.layerNormAdjoint(
        x.shape[0] as number,
        width(x),
        at(g),
        at(x),
        at(gain),
        at(stats),
        at(gx),
        at(ggain),
        at(gbias),
        scratch,
      ),
    );
  }

  attention(qkv: Tensor, { starts, longest }: Runs, heads: number): { out: Tensor; kept: Tensor } {
    const wide = width(qkv) / 3;
    const out = this.empty([qkv.shape[0] as number, wide]);
    const kept = this.empty([this.raw.attentionKept(starts.size - 1, heads, at(starts))]);
    this.withScratch(((longest + 8) * wide) / heads, (scratch) =>
      this.raw.attention(starts.size - 1, wide, heads, at(starts), at(qkv), at(out), at(kept), scratch),
    );
    return { out, kept };
  }

  attentionOfLast(q: Tensor, kv: Tensor, { starts, longest }: Runs, heads: number): Tensor {
    const out = this.empty(q.shape);
    this.withScratch(longest + 4, (scratch) =>
      this.raw.attentionOfLast(starts.size - 1, width(q), heads, at(starts), at(q), at(kv), at(out), scratch),
    );
    return out;
  }

  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    { starts, longest }: Runs,
    heads: number,
    { kept }: { readonly kept: Tensor },
    sum?: Tensor,
  ): Tensor {
    const gqkv = sum ?? this.empty(qkv.shape);
    const wide = width(qkv) / 3;
    const n = longest + 8;
    this.withScratch(n * (wide / heads + 8 + 2 * n), (scratch) =>
      this.raw.attentionAdjoint(
        starts.size - 1,
        wide,
        heads,
        at(starts),
        at(qkv),
        at(kept),
        at(g),
        at(gqkv),
        sum === undefined,
        scratch,
      ),
    );
    return gqkv;
  }

  exposureLogits(g: Tensor, labels: Tensor, beta: Tensor, form: OutcomeForm): Tensor {
    const out = this.empty([labels.size]);
    this.raw.exposureLogits(labels.size, OUTCOME_FORMS.indexOf(form), at(g), at(labels), at(beta), at(out));
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
    this.raw.exposureLogitsAdjoint(d.size, code, at(d), at(g), at(labels), at(beta), gg ? at(gg) : 0, at(gbeta));
  }

  clamp(x: Tensor, least: number, most: number): Tensor {
    return this.each((n, from, to) => this.raw.clampEach(n, from, least, most, to), x);
  }

  clampAdjoint(g: Tensor, x: Tensor, least: number, most: number, gx: Tensor): void {
    this.raw.clampAdjoint(x.size, at(g), at(x), least, most, at(gx));
  }

  linear(x: Tensor, scale: number, shift: number): Tensor {
    return this.each((n, from, to) => this.raw.linearEach(n, from, scale, shift, to), x);
  }

  reciprocal(x: Tensor): Tensor {
    return this.each(this.raw.reciprocalEach, x);
  }

  reciprocalAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.reciprocalAdjoint(g.size, at(g), at(result), at(gx));
  }

  weightedMean(x: Tensor, weights: Tensor): Tensor {
    const out = this.empty([2]);
    this.raw.weightedMean(x.size, at(x), at(weights), at(out));
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
    const [toX, toWeights] = [gx ? at(gx) : 0, gw ? at(gw) : 0];
    this.raw.weightedMeanAdjoint(x.size, at(g), at(x), at(weights), at(result), toX, toWeights);
  }

  differences(x: Tensor, wide: number): Tensor {
    const groups = x.size / wide;
    const out = this.empty([groups * (wide - 1)]);
    this.raw.differences(groups, wide, at(x), at(out));
    return out;
  }

  differencesAdjoint(g: Tensor, wide: number, gx: Tensor): void {
    this.raw.differencesAdjoint(gx.size / wide, wide, at(g), at(gx));
  }

  meanByRow(x: Tensor, { count, slots, uses }: Lookup): Tensor {
    const out = this.empty([count]);
    this.raw.meanByRow(x.size, count, at(x), at(slots), at(uses), at(out));
    return out;
  }

  meanByRowAdjoint(g: Tensor, { slots, uses }: Lookup, gx: Tensor): void {
    this.raw.meanByRowAdjoint(gx.size, at(g), at(slots), at(uses), at(gx));
  }

  /** Here every row of a lookup is used. */
  correlation(x: Tensor, y: Tensor, _uses: Tensor): Tensor {
    const out = this.empty([5]);
    this.raw.correlation(x.size, at(x), at(y), at(out));
    return out;
  }

  correlationAdjoint(g: Tensor, x: Tensor, y: Tensor, _uses: Tensor, result: Tensor, gx: Tensor): void {
    this.raw.correlationAdjoint(x.size, at(g), at(x), at(y), at(result), at(gx));
  }
}
