import type { Tensor as DeviceTensor } from '@tensorflow/tfjs';
import type { Runs } from '../kernels.js';
import type { Tensor } from '../tensor.js';
import { TfAlgebra } from './algebra.js';
import { width } from './tensors.js';

const EPSILON = 1e-5;

/** Layer norm and attention, and functions of single numbers that row weights need. */
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

  attention(qkv: Tensor, sequences: Runs, heads: number): { out: Tensor; kept: Tensor } {
    const { tf } = this;
    const { rows, wide, unblock, part, seen, scores } = this.blocks(qkv, sequences, heads);
    const kept = this.compute([rows, heads], () => {
      const masked = tf.add(scores(part(0), part(1)), tf.mul(tf.sub(seen(), 1), 1e30));
      return unblock(tf.logSumExp(masked, -1, true));
    });
    const out = this.compute([rows, wide], () => {
      const masked = tf.add(scores(part(0), part(1)), tf.mul(tf.sub(seen(), 1), 1e30));
      return unblock(tf.matMul(tf.softmax(masked), part(2)));
    });
    return { out, kept };
  }

  attentionAdjoint(
    g: Tensor,
    qkv: Tensor,
    sequences: Runs,
    heads: number,
    { out, kept }: { readonly out: Tensor; readonly kept: Tensor },
    sum?: Tensor,
  ): Tensor {
    const gqkv = sum ?? this.zeros(qkv.shape);
    const { tf } = this;
    const { block, unblock, part, seen, scale, scores } = this.blocks(qkv, sequences, heads);
    this.addTo(gqkv, () => {
      const [q, k, v, up] = [part(0), part(1), part(2), block(this.on(g))];
      const softmax = tf.mul(tf.exp(tf.sub(scores(q, k), block(this.on(kept)))), seen());
      const mean = tf.sum(tf.mul(up, block(this.on(out))), -1, true);
      const slopes = tf.mul(tf.mul(softmax, tf.sub(tf.matMul(up, v, false, true), mean)), scale);
      const parts = [tf.matMul(slopes, k), tf.matMul(slopes, q, true), tf.matMul(softmax, up, true)];
      return tf.concat(parts.map(unblock), 1);
    });
    return gqkv;
  }

  clamp(x: Tensor, least: number, most: number): Tensor {
    return this.like(x, (own) => this.tf.clipByValue(own, least, most));
  }

  linear(x: Tensor, scale: number, shift: number): Tensor {
    return this.like(x, (own) => this.tf.add(this.tf.mul(own, scale), shift));
  }

  reciprocal(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.div(1, own));
  }
}
