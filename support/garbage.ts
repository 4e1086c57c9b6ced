import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects what is no longer used now. The memory of WebAssembly weighs little in the engine's eyes, so that gigabytes of a training that has
 * ended could lie beside the next one's. Where the engine cannot be told to, it collects when it likes.
 */
export function collectGarbage(): void {
  collector()();
}

/** Bytes of the process below which what is no longer used may lie: a collection takes some hundredths of a second. */
const LARGE = 2 ** 29;

/** Collects what is no longer used, where the process is large. */
export function collectWhereLarge(): void {
  if (process.memoryUsage.rss() >= LARGE) collectGarbage();
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
