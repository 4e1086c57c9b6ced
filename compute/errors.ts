import { UserError } from '../support/errors.js';

/** Thrown where a backend cannot be had: says why, and what would help. */
export class BackendUnavailableError extends UserError {
  override readonly name: string = 'BackendUnavailableError';
}

/** Thrown where a backend stops working: its device was lost, ran out of memory, or refused work. */
export class BackendError extends UserError {
  override readonly name: string = 'BackendError';
}
