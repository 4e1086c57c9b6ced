/** Thrown where a backend cannot be had: says why, and what would help. */
export class BackendUnavailableError extends Error {
  override readonly name = 'BackendUnavailableError';
}

/** Thrown where a backend stops working: its device was lost, ran out of memory, or refused work. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}
