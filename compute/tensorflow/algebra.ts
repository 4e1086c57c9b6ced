import type { Tensor as DeviceTensor } from '@tensorflow/tfjs';
import type { Activation } from '../kernels.js';
import type { Lookup, Tensor } from '../tensor.js';
import { TfStorage } from './storage.js';
import { tfTensor, width } from './tensors.js';

/** Rows of tables, products of matrices, and functions of single numbers. */
export class TfAlgebra extends TfStorage {
  lookup(indices: Tensor, tableRows: number): Lookup {
    const { host } = this;
    const own = this.lent(indices);
    return host.scope(() => {
      const { positions, count, slots, rows, uses } = host.lookup(own, tableRows);
      const integers = (tensor: Tensor, length: number): Tensor => this.tensor(host.integers(tensor).slice(0, length));
      return {
        ...{ positions, count, slots: integers(slots, positions) },
        ...{ rows: integers(rows, count), uses: integers(uses, count) },
      };
    });
  }

  gather(table: Tensor, indices: Tensor): Tensor {
    const shape = [indices.size, ...table.shape.slice(1)];
    if (table.dtype === 'int32' && width(table) === 1) {
      const values = this.integers(table);
      return this.tensor(
        this.integers(indices).map((row) => values[row] as number),
        shape,
      );
    }
    return this.compute(shape, () => this.rowsOf(table, indices), table.dtype);
  }

  /** [n, width] rows of a table. */
  protected rowsOf(table: Tensor, indices: Tensor): DeviceTensor {
    return this.tf.gather(this.matrix(table), this.on(indices) as never);
  }

  /** [rows, width]: sums of the rows of x[n, width] that go to each row. */
  protected sumByRow(x: DeviceTensor, indices: Tensor, rows: number): DeviceTensor {
    const { tf } = this;
    const wide = x.size / Math.max(1, indices.size);
    if (indices.size === 0) return tf.zeros([rows, wide]);
    const places = tf.reshape(this.on(indices), [indices.size, 1]);
    return tf.scatterND(places, tf.reshape(x, [indices.size, wide]), [rows, wide]);
  }

  scatterAdd(from: Tensor, indices: Tensor, to: Tensor): void {
    this.addTo(to, () => this.sumByRow(this.on(from), indices, to.shape[0] as number));
  }

  product(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
    const rows = transposeA ? width(a) : (a.shape[0] as number);
    const columns = transposeB ? (b.shape[0] as number) : width(b);
    return this.compute([rows, columns], () => this.tf.matMul(this.matrix(a), this.matrix(b), transposeA, transposeB));
  }

  matmul(a: Tensor, b: Tensor, out: Tensor, transposeA = false, transposeB = false): void {
    this.addTo(out, () => this.tf.matMul(this.matrix(a), this.matrix(b), transposeA, transposeB));
  }

  addColumnSums(x: Tensor, out: Tensor): void {
    this.addTo(out, () => this.tf.sum(this.matrix(x), 0));
  }

  addBias(x: Tensor, bias: Tensor, activation: Activation): void {
    const { tf } = this;
    this.replace(x, () => {
      const sum = tf.add(this.matrix(x), this.flat(bias));
      return activation === 'relu' ? tf.relu(sum) : sum;
    });
  }

  copyColumns(from: Tensor, fromColumn: number, to: Tensor, toColumn: number, count: number, accumulate = false): void {
    const { tf } = this;
    const before = toColumn;
    const after = width(to) - toColumn - count;
    const around = (x: DeviceTensor): DeviceTensor =>
      tf.pad(x as never, [
        [0, 0],
        [before, after],
      ]);
    const part = (): DeviceTensor => around(tf.slice(this.matrix(from), [0, fromColumn], [-1, count]));
    if (accumulate) this.addTo(to, part);
    else {
      this.replace(to, () => {
        const kept = tf.sub(1, around(tf.ones([1, count])));
        return tf.add(tf.mul(this.matrix(to), kept), part());
      });
    }
  }

  sparseTimesDense(starts: Tensor, columns: Tensor, dense: Tensor, out: Tensor): void {
    this.scope(() => {
      const rows = this.tensor(rowOfEach(this.integers(starts)));
      this.addTo(out, () => this.sumByRow(this.rowsOf(dense, columns), rows, out.shape[0] as number));
    });
  }

  /** A new tensor of the shape of an operand. */
  protected like(x: Tensor, work: (x: DeviceTensor) => DeviceTensor): Tensor {
    return this.compute(x.shape, () => work(this.on(x)));
  }

  exp(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.exp(own));
  }

  log(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.log(own));
  }

  sigmoid(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.sigmoid(own));
  }

  relu(x: Tensor): Tensor {
    return this.like(x, (own) => this.tf.relu(own));
  }

  /** g where x is above 0. */
  private above(g: Tensor, x: Tensor): DeviceTensor {
    return this.tf.where(this.tf.greater(this.flat(x), 0), this.flat(g), this.tf.zerosLike(this.flat(g)));
  }

  reluMask(result: Tensor, g: Tensor): void {
    this.replace(g, () => this.above(g, result));
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.compute(a.shape, () => this.tf.add(this.flat(a), this.flat(b)));
  }

  multiply(a: Tensor, b: Tensor): Tensor {
    return this.compute(a.shape, () => this.tf.mul(this.flat(a), this.flat(b)));
  }

  addMasked(x: Tensor, y: Tensor, mask: Tensor): Tensor {
    return this.add(x, this.multiply(y, mask));
  }

  addProduct(a: Tensor, b: Tensor, out: Tensor): void {
    this.addTo(out, () => this.tf.mul(this.flat(a), this.flat(b)));
  }

  addScaled(scale: number, x: Tensor, out: Tensor): void {
    this.addTo(out, () => this.tf.mul(this.on(x), scale));
  }

  scaledSum(x: Tensor, scale: number): Tensor {
    return this.compute([1], () => this.tf.mul(this.tf.sum(this.on(x)), scale));
  }

  crossEntropy(logits: Tensor, labels: Tensor): Tensor {
    const { tf } = this;
    return this.compute(logits.shape, () => {
      const x = this.flat(logits);
      // log(1 + e^x) that neither overflows nor loses small numbers.
      const softplus = tf.add(tf.relu(x), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));
      return tf.sub(softplus, tf.mul(x, this.flat(labels)));
    });
  }

  /** Counts of the host as numbers that may be divided by. */
  protected asNumbers(integers: Tensor): DeviceTensor {
    return this.tf.cast(this.on(tfTensor(integers)), 'float32');
  }
}

/** For each entry of a compressed matrix its row. */
function rowOfEach(starts: Int32Array): Int32Array {
  const rows = new Int32Array(starts[starts.length - 1] as number);
  for (let r = 0; r + 1 < starts.length; r++) rows.fill(r, starts[r], starts[r + 1]);
  return rows;
}
