/** The inside of a TaskThread. */
import { parentPort } from 'node:worker_threads';
import { UserError } from '../../support/errors.js';
import { hashOf } from '../../support/hash.js';
import type { Catalogue } from '../catalogue.js';
import type { TrialData } from '../suites/suite.js';
import { catalogueFor, runTask } from './run_task.js';
import type { Said, Told } from './task_thread.js';

const port = parentPort as NonNullable<typeof parentPort>;
const held = new Map<string, TrialData>();
const catalogues = new Map<string, Promise<Catalogue>>();

async function answer(told: Extract<Told, { kind: 'task' }>): Promise<Said> {
  try {
    const data = held.get(told.data);
    if (!data) throw new Error(`no data with the hash ${told.data} were given`);
    const key = hashOf(told.modules.map(({ sha256 }) => sha256));
    const catalogue = catalogues.get(key) ?? catalogueFor(told.modules);
    catalogues.set(key, catalogue);
    return { answer: await runTask(told.task, data, await catalogue) };
  } catch (error) {
    return error instanceof UserError ? { mistake: error.message } : { lost: (error as Error).message };
  }
}

port.on('message', async (told: Told) => {
  if (told.kind === 'task') return port.postMessage(await answer(told));
  for (const sha256 of told.dropped) held.delete(sha256);
  held.set(told.sha256, told.data);
});
