import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { notesFor } from '../../datasets/notes.js';
import { Draws, shardUsers } from '../../simulator/draws.js';
import { type DrawnPart, drawPart, partSummarySchema } from '../../simulator/parts.js';
import { UserError } from '../../support/errors.js';
import { silent } from '../../support/progress.js';
import { withScratch } from '../../support/scratch.js';
import type { TaskKind } from './task.js';

const drawSchema = z.strictObject({
  /** From 1. */
  number: z.number().int().positive(),
  of: z.number().int().positive(),
  exposures: z.boolean(),
  /** What tables call the data. */
  label: z.string().max(1000),
});
export type DrawSettings = z.infer<typeof drawSchema>;

const bytes = z.instanceof(Uint8Array);

/** Draws the final clicks of a part of a world's users: the tables, byte for byte as a part that is drawn beside the world. */
export const drawTask: TaskKind<DrawSettings, DrawnPart> = {
  name: 'draw',
  summary: 'draw the final clicks of a part of the users of a simulated world',
  payload: drawSchema,
  answer: z.strictObject({ drawn: partSummarySchema, clicks: bytes, exposures: bytes.optional() }),
  async run({ number, of, exposures, label }, { world }) {
    if (!world) throw new UserError('clicks are drawn from a simulated world, and none was given');
    return withScratch(async (folder) => {
      const users = shardUsers(world, number, of);
      const drawn = await drawPart(new Draws(silent), world, notesFor(label), folder, exposures, users);
      const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
      return { drawn, clicks: read('clicks.arrow'), ...(exposures && { exposures: read('exposures.arrow') }) };
    });
  },
};
