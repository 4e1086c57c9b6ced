/** Rows that one call of a long kernel goes through. */
const RUN = 64;

/**
 * Calls a kernel that goes through many rows for a run of them after another. Engines begin with code that is made quickly and slow, and take faster
 * code up with the next call: one call for all rows would stay slow to its end.
 */
export function inRuns(rows: number, work: (first: number, count: number) => void): void {
  for (let first = 0; first < rows; first += RUN) work(first, Math.min(RUN, rows - first));
}
