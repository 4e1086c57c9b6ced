import type { Tensor } from './tensor.js';

/** What a backend's tensors know of their end. */
export interface Owned extends Tensor {
  /** Made in a scope, which frees it. */
  isScoped: boolean;
  isFreed: boolean;
}

/**
 * Says that a tensor is freed by whoever made it. Throws Error where that is done twice or is its scope's to do: its memory would be handed out to
 * two later tensors.
 */
export function markFreed(tensor: Owned): void {
  const what = `the ${tensor.dtype} tensor [${tensor.shape.join(', ')}]`;
  if (tensor.isFreed) throw new Error(`${what} is freed already: free each tensor once`);
  if (tensor.isScoped) throw new Error(`${what} was made inside a scope, which frees it when it ends: do not free it`);
  tensor.isFreed = true;
}
