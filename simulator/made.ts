import { join } from 'node:path';
import { z } from 'zod';
import { isIntact } from '../support/contents.js';
import { readState } from '../support/durable.js';
import type { SimulationSummary } from './simulate.js';

const madeSchema = z.looseObject({
  kind: z.literal('simulated'),
  inputs: z.string(),
  summary: z.custom<SimulationSummary>((value) => typeof value === 'object' && value !== null),
  files: z.record(z.string(), z.string()),
});

/**
 * What a folder says of a simulation of these inputs that an earlier run finished in it, with the tables that are named; undefined where there is none,
 * or a file is not as the manifest says, be it that it was not flushed in time.
 */
export async function madeOf(
  folder: string,
  inputs: string,
  tables: readonly string[],
): Promise<SimulationSummary | undefined> {
  const made = madeSchema.safeParse(readState(join(folder, 'manifest.json'))).data;
  if (made?.inputs !== inputs || tables.some((name) => !Object.hasOwn(made.files, name))) return undefined;
  for (const [name, hash] of Object.entries(made.files))
    if (!(await isIntact(join(folder, name), hash))) return undefined;
  return made.summary;
}
