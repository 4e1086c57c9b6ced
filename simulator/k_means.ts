import { stream, type WasmKernels } from '../compute/index.js';

/** Index of the centre at the least squared distance. */
export function nearest(centres: readonly Float64Array[], point: ArrayLike<number>): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  centres.forEach((centre, c) => {
    const distance = squaredDistance(centre, point);
    if (distance < least) [best, least] = [c, distance];
  });
  return best;
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const d = (a[k] as number) - (b[k] as number);
    sum += d * d;
  }
  return sum;
}

/** Lloyd's algorithm from k-means++ seeds (Arthur and Vassilvitskii 2007), at most 50 rounds. points[n, dim]. */
export function kMeans(
  kernels: WasmKernels,
  points: Float32Array,
  n: number,
  dim: number,
  clusters: number,
  seed: number,
): Float64Array[] {
  const point = (p: number): Float32Array => points.subarray(p * dim, (p + 1) * dim);
  const uniform = kernels.scope(() => {
    const out = kernels.zeros([clusters]);
    kernels.drawUniform(out, { seed, stream: stream('k-means') });
    return kernels.floats(out).slice();
  });
  const centres = [Float64Array.from(point(Math.floor((uniform[0] as number) * n)))];
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  for (let c = 1; c < clusters; c++) {
    let total = 0;
    for (let p = 0; p < n; p++) {
      distances[p] = Math.min(distances[p] as number, squaredDistance(centres[c - 1] as Float64Array, point(p)));
      total += distances[p] as number;
    }
    let rest = (uniform[c] as number) * total;
    let chosen = 0;
    while (chosen < n - 1 && rest >= (distances[chosen] as number)) rest -= distances[chosen++] as number;
    centres.push(Float64Array.from(point(chosen)));
  }
  const assigned = new Int32Array(n).fill(-1);
  for (let round = 0; round < 50; round++) {
    let moved = false;
    const sums = centres.map(() => new Float64Array(dim));
    const counts = new Int32Array(clusters);
    for (let p = 0; p < n; p++) {
      const cluster = nearest(centres, point(p));
      moved ||= cluster !== assigned[p];
      assigned[p] = cluster;
      (counts[cluster] as number)++;
      for (let k = 0; k < dim; k++) ((sums[cluster] as Float64Array)[k] as number) += points[p * dim + k] as number;
    }
    if (!moved) break;
    sums.forEach((sum, c) => {
      if ((counts[c] as number) > 0) centres[c] = sum.map((value) => value / (counts[c] as number));
    });
  }
  return centres;
}
