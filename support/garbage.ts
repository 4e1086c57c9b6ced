import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects what is no longer used now. The memory of WebAssembly weighs little in the engine's eyes, so that gigabytes of a training that has
 * ended could lie beside the next one's. Where the engine cannot be told to, it collects when it likes.
 */
export function collectGarbage(): void {
  collector()();
}

/** What this engine collects by: V8 in Node.js by a flag, Bun by a function of its own. */
function collector(): () => void {
  const { Bun: bun } = globalThis as { readonly Bun?: { gc(isSync: boolean): void } };
  if (bun) return () => bun.gc(true);
  try {
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc') as () => void;
  } catch {
    return () => {};
  }
}
