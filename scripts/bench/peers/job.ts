import type { UserItems } from '../../../datasets/interactions.js';

/** A job that a user would otherwise run with a Python package: the same work, on the same data, on one thread. */
export interface PeerJob {
  readonly name: string;
  /** The packages and what of them. */
  readonly peer: string;
  /** Python modules that it needs. */
  readonly modules: readonly string[];
  /** What is done on ours, from the data in memory to the result; what it returns is called for the time. Preparation is what comes before. */
  ours(data: UserItems): Promise<() => unknown> | (() => unknown);
  /** Python that defines `work()`, after numpy as np, scipy.sparse as sparse, X (csr, float64) and `users`, `items` are there. */
  readonly python: string;
}
