import type { Tensor as DeviceTensor } from '@tensorflow/tfjs';
import type { OutcomeForm, Runs } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import { TfAlgebra } from './algebra.js';
import { width } from './tensors.js';

const EPSILON = 1e-5;

/** Attention, and the row weights of propensity and adversarial training. */
export class TfLayers extends TfAlgebra {
  layerNorm(x: Tensor, gain: Tensor, bias: Tensor): { out: Tensor; stats: Tensor } {
    const { tf } = this;
    const stats = this.compute([x.shape[0] as number, 2], () => {
      const { mean, variance } = tf.moments(this.matrix(x), 1, true);
      return tf.concat([mean, tf.rsqrt(tf.add(variance, EPSILON))], 1);
    });
    const out = this.compute(x.shape, () =>
      tf.add(tf.mul(this.normalized(x, stats).normal, this.flat(gain)), this.flat(bias)),
    );
    return { out, stats };
  }

  /** Rows with mean 0 and variance 1, and what they were divided by, inverted. */
  private normalized(x: Tensor, stats: Tensor): { normal: DeviceTensor; inverse: DeviceTensor } {
    const { tf } = this;
    const [mean, inverse] = tf.split(this.matrix(stats), 2, 1) as [DeviceTensor, DeviceTensor];
    return { normal: tf.mul(tf.sub(this.matrix(x), mean), inverse), inverse };
  }

  layerNormAdjoint(g: Tensor, x: Tensor, gain: Tensor, stats: Tensor, gx: Tensor, ggain: Tensor, gbias: Tensor): void {
    const { tf } = this;
    this.addTo(gx, () => {
      const { normal, inverse } = this.normalized(x, stats);
      const d = tf.mul(this.matrix(g), this.flat(gain));
      const along = tf.mul(normal, tf.mean(tf.mul(d, normal), 1, true));
      return tf.mul(inverse, tf.sub(tf.sub(d, tf.mean(d, 1, true)), along));
    });
    this.addTo(ggain, () => tf.sum(tf.mul(this.matrix(g), this.normalized(x, stats).normal), 0));
    this.addTo(gbias, () => tf.sum(this.matrix(g), 0));
  }

  /** Sequences as the rows of a padded block, and back. */
  private padding({ starts, longest }: Runs, rows: number): { count: number; take: Int32Array; back: Int32Array } {
    const first = this.integers(starts);
    const count = first.length - 1;
    const take = new Int32Array(count * longest).fill(rows); // a row of zeros behind the others
    const back = new Int32Array(rows);
    for (let s = 0; s < count; s++) {
      for (let r = first[s] as number; r < (first[s + 1] as number); r++) {
        const place = s * longest + r - (first[s] as number);
        take[place] = r;
        back[r] = place;
      }
    }
    return { count, take, back };
  }

  /** The operands of attention: [sequences, heads, longest, size] blocks of rows, and rows of such blocks. */
  private blocks(qkv: Tensor, sequences: Runs, heads: number) {
    const { tf } = this;
    const rows = qkv.shape[0] as number;
    const wide = width(qkv) / 3;
    const { longest } = sequences;
    const { count, take, back } = this.padding(sequences, rows);
    const block = (x: DeviceTensor): DeviceTensor => {
      const columns = x.size / rows;
      const padded = tf.concat([tf.reshape(x, [rows, columns]), tf.zeros([1, columns])], 0);
      return tf.transpose(tf.reshape(tf.gather(padded, take), [count, longest, heads, columns / heads]), [0, 2, 1, 3]);
    };
    const unblock = (x: DeviceTensor): DeviceTensor => {
      const size = x.shape[3] as number;
      const turned = tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [count * longest, heads * size]);
      return tf.gather(turned, back);
    };
    const part = (k: number): DeviceTensor => block(tf.slice(this.matrix(qkv), [0, k * wide], [-1, wide]));
    const seen = (): DeviceTensor => tf.linalg.bandPart(tf.ones([longest, longest]), -1, 0);
    const scale = 1 / Math.sqrt(wide / heads);
    const scores = (q: DeviceTensor, k: DeviceTensor): DeviceTensor => tf.mul(tf.matMul(q, k, false, true), scale);
    return { rows, wide, block, unblock, part, seen, scale, scores };
  }

  attention(qkv: Tensor, sequences: Runs, heads: number): { out: Tensor; logSums: Tensor } {
    const { tf } = this;
    const { rows, wide, unblock, part, seen, scores } = this.blocks(qkv, sequences, heads);
    const logSums = this.compute([rows, heads], () => {
      const masked = tf.add(scores(part(0), part(1)), tf.mul(tf.sub(seen(), 1), 1e30));
      return unblock(tf.logSumExp(masked, -1, true));
    });
    const out = this.compute([rows, wide], () => {
      const masked = tf.add(scores(part(0), part(1)), tf.mul(tf.sub(seen(), 1), 1e30));
      return unblock(tf.matMul(tf.softmax(masked), part(2)));
    });
    return { out, logSums };
  }

  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    sequences: Runs,
    heads: number,
    { out, logSums }: { readonly out: Tensor; readonly logSums: Tensor },
    gqkv: Tensor,
  ): void {
    const { tf } = this;
    const { block, unblock, part, seen, scale, scores } = this.blocks(qkv, sequences, heads);
    this.addTo(gqkv, () => {
      const [q, k, v, up] = [part(0), part(1), part(2), block(this.on(g))];
      const softmax = tf.mul(tf.exp(tf.sub(scores(q, k), block(this.on(logSums)))), seen());
      const mean = tf.sum(tf.mul(up, block(this.on(out))), -1, true);
      const slopes = tf.mul(tf.mul(softmax, tf.sub(tf.matMul(up, v, false, true), mean)), scale);
      const parts = [tf.matMul(slopes, k), tf.matMul(slopes, q, true), tf.matMul(softmax, up, true)];
      return tf.concat(parts.map(unblock), 1);
    });
  }

  exposureLogits(g: Tensor, labels: Tensor, beta: Tensor, form: OutcomeForm): Tensor {
    const { tf } = this;
    return this.compute([labels.size], () => {
      const [b0, b1, b2] = tf.split(this.flat(beta), 3) as [DeviceTensor, DeviceTensor, DeviceTensor];
      const x = this.flat(g);
      const z = tf.add(b0, tf.mul(b1, x));
      if (form === 'none') return z;
      return tf.add(z, tf.mul(b2, form === 'y' ? this.flat(labels) : tf.mul(this.flat(labels), x)));
    });
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
    const { tf } = this;
    if (gg) {
      this.addTo(gg, () => {
        const [, b1, b2] = tf.split(this.flat(beta), 3) as [DeviceTensor, DeviceTensor, DeviceTensor];
        const slope = form === 'y*g' ? tf.add(b1, tf.mul(b2, this.flat(labels))) : b1;
        return tf.mul(this.flat(d), slope);
      });
    }
    this.addTo(gbeta, () => {
      const [up, x, y] = [this.flat(d), this.flat(g), this.flat(labels)];
      const third = form === 'none' ? tf.zerosLike(up) : form === 'y' ? tf.mul(up, y) : tf.mul(tf.mul(up, y), x);
      return tf.stack([tf.sum(up), tf.sum(tf.mul(up, x)), tf.sum(third)]);
    });
  }

  clamp(x: Tensor, least: number, most: number): Tensor {
    return this.like(x, (own) => this.tf.clipByValue(own, least, most));
  }

  clampAdjoint(g: Tensor, x: Tensor, least: number, most: number, gx: Tensor): void {
    const { tf } = this;
    this.addTo(gx, () => {
      const inside = tf.logicalAnd(tf.greater(this.flat(x), least), tf.less(this.flat(x), most));
      return tf.where(inside, this.flat(g), tf.zerosLike(this.flat(g)));
    });
  }

  linear(x: Tensor, scale: number, shift: number): Tensor {
    return this.like(x, (own) => this.tf.add(this.tf.mul(own, scale), shift));
  }

  reciprocal(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.div(1, own));
  }

  reciprocalAdjoint(g: Tensor, result: Tensor, gx: Tensor): void {
    const { tf } = this;
    this.addTo(gx, () => tf.neg(tf.mul(this.flat(g), tf.square(this.flat(result)))));
  }

  weightedMean(x: Tensor, weights: Tensor): Tensor {
    const { tf } = this;
    return this.compute([2], () => {
      const total = tf.sum(this.flat(weights));
      return tf.stack([tf.div(tf.sum(tf.mul(this.flat(weights), this.flat(x))), total), total]);
    });
  }

  weightedMeanAdjoint(
    g: Tensor,
    x: Tensor,
    weights: Tensor,
    result: Tensor,
    gx: Tensor | undefined,
    gw: Tensor | undefined,
  ): void {
    const { tf } = this;
    const parts = () => {
      const [mean, total] = tf.split(this.flat(result), 2) as [DeviceTensor, DeviceTensor];
      return { mean, up: tf.div(this.flat(g), total) };
    };
    if (gx) this.addTo(gx, () => tf.mul(parts().up, this.flat(weights)));
    if (gw) this.addTo(gw, () => tf.mul(parts().up, tf.sub(this.flat(x), parts().mean)));
  }

  differences(x: Tensor, wide: number): Tensor {
    const { tf } = this;
    const groups = x.size / wide;
    return this.compute([groups * (wide - 1)], () => {
      const [first, others] = tf.split(tf.reshape(this.on(x), [groups, wide]), [1, wide - 1], 1);
      return tf.sub(first as DeviceTensor, others as DeviceTensor);
    });
  }

  differencesAdjoint(g: Tensor, wide: number, gx: Tensor): void {
    const { tf } = this;
    this.addTo(gx, () => {
      const up = tf.reshape(this.on(g), [gx.size / wide, wide - 1]);
      return tf.concat([tf.sum(up, 1, true), tf.neg(up)], 1);
    });
  }

  meanByRow(x: Tensor, { count, slots, uses }: Lookup): Tensor {
    return this.compute([count], () =>
      this.tf.div(this.tf.reshape(this.sumByRow(this.flat(x), slots, count), [count]), this.asNumbers(uses)),
    );
  }

  meanByRowAdjoint(g: Tensor, { slots, uses }: Lookup, gx: Tensor): void {
    this.addTo(gx, () => this.tf.gather(this.tf.div(this.flat(g), this.asNumbers(uses)), this.on(slots) as never));
  }

  /** Lookups count on the host, so that every row of one is used. */
  correlation(x: Tensor, y: Tensor, _uses: Tensor): Tensor {
    const { tf } = this;
    return this.compute([5], () => {
      const [own, other] = [tf.moments(this.flat(x)), tf.moments(this.flat(y))];
      const [sx, sy] = [tf.sqrt(own.variance), tf.sqrt(other.variance)];
      const together = tf.mean(tf.mul(tf.sub(this.flat(x), own.mean), tf.sub(this.flat(y), other.mean)));
      const free = tf.logicalAnd(tf.greater(sx, 1e-12), tf.greater(sy, 1e-12));
      const where = (value: DeviceTensor) => tf.where(free, value, tf.zerosLike(value));
      return tf.stack([where(tf.div(together, tf.mul(sx, sy))), own.mean, other.mean, where(sx), where(sy)]);
    });
  }

  correlationAdjoint(g: Tensor, x: Tensor, y: Tensor, _uses: Tensor, result: Tensor, gx: Tensor): void {
    const { tf } = this;
    this.addTo(gx, () => {
      const [r, mx, my, sx, sy] = tf.split(this.flat(result), 5) as DeviceTensor[] as [
        DeviceTensor,
        DeviceTensor,
        DeviceTensor,
        DeviceTensor,
        DeviceTensor,
      ];
      const toY = tf.div(tf.sub(this.flat(y), my), tf.mul(sx, sy));
      const toX = tf.div(tf.mul(r, tf.sub(this.flat(x), mx)), tf.square(sx));
      const slope = tf.mul(tf.div(this.flat(g), x.size), tf.sub(toY, toX));
      return tf.where(tf.greater(sx, 0), slope, tf.zerosLike(slope));
    });
  }
}
