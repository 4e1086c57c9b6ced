/** One figure of `npm run bench`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The reference's figure in the same unit, timed in the same run, and what it is. */
  readonly reference: number | undefined;
  readonly referenceName: string;
  /** How many times better than the reference; at least `goal` is wished for. */
  readonly ratio: number | undefined;
  readonly goal: string;
}

/** A benchmark that `npm run bench -- NAME` runs. */
export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** False for what runs only when it is named. */
  readonly always: boolean;
  run(): Promise<Figure[]>;
}

/** Median milliseconds of `times` runs, after a fifth as many to warm up. */
export function medianTime(times: number, work: (run: number) => void): number {
  for (let run = 0; run < Math.ceil(times / 5); run++) work(run);
  const samples: number[] = [];
  for (let run = 0; run < times; run++) {
    const start = performance.now();
    work(run);
    samples.push(performance.now() - start);
  }
  return samples.sort((a, b) => a - b)[Math.floor(times / 2)] as number;
}

/** Batches of 2,048 positives with 4 negatives, users and items uniform. */
export function randomBatches(count: number, users: number, items: number, positives = 2048, negatives = 4) {
  const wide = 1 + negatives;
  return Array.from({ length: count }, () => {
    const rows = positives * wide;
    const batch = { users: new Int32Array(rows), items: new Int32Array(rows), labels: new Float32Array(rows) };
    for (let r = 0; r < rows; r++) {
      batch.users[r] = r % wide === 0 ? Math.floor(Math.random() * users) : (batch.users[r - 1] as number);
      batch.items[r] = Math.floor(Math.random() * items);
      batch.labels[r] = r % wide === 0 ? 1 : 0;
    }
    return batch;
  });
}
