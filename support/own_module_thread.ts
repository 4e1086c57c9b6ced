/** The thread in which `runOwnModule` runs a user's module. */
import { parentPort, workerData } from 'node:worker_threads';
import { thrownText } from './errors.js';
import { moduleUrl } from './module_url.js';
import type { OwnAnswer, OwnModule } from './own_module.js';

const { source, call } = workerData as OwnModule;

async function answer(): Promise<OwnAnswer> {
  try {
    const module = (await import(moduleUrl(source))) as Readonly<Record<string, unknown>>;
    const exports = Object.fromEntries(Object.entries(module).map(([name, value]) => [name, typeof value]));
    if (call === undefined) return { exports, value: await module['default'] };
    try {
      if (typeof module['default'] === 'function') await module['default'](...call);
    } catch {
      // Who calls it in earnest says for which values it fails.
    }
    return { exports, value: undefined };
  } catch (error) {
    return { problem: `failed: ${thrownText(error)}` };
  }
}

const answered = await answer();
try {
  parentPort?.postMessage(answered);
} catch (error) {
  const problem = `exports something that is not plain data: ${thrownText(error)}`;
  parentPort?.postMessage({ problem } satisfies OwnAnswer);
}
