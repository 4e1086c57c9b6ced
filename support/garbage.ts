import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects what is no longer used now. The memory of WebAssembly weighs little in the engine's eyes, so that gigabytes of a training that has
 * ended could lie beside the next one's.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
