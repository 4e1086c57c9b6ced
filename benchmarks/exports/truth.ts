import { closeSync, openSync, writeSync } from 'node:fs';
import { readManifest } from '../../datasets/store.js';
import { readWorld } from '../../simulator/world_files.js';
import { UserError } from '../../support/errors.js';
import { npyHead } from '../../support/npz.js';
import type { ExportFormat } from './export.js';

export const truth: ExportFormat = {
  name: 'truth',
  summary:
    'p_rel and p_exp of all pairs of a simulated folder: relevance.npy and exposure.npy, float32, users x items, rows and columns as in users.arrow and items.arrow',
  async write({ reference, folder }) {
    if (readManifest(reference).kind !== 'simulated')
      throw new UserError(`"${reference}" is not simulated: only a simulation knows the truth behind its clicks`);
    const world = await readWorld(reference);
    const { users, items } = world;
    const write = (name: string, row: (user: number) => Float32Array): string => {
      const file = openSync(folder.file(name), 'w');
      try {
        writeSync(file, npyHead('<f4', [users, items]));
        for (let user = 0; user < users; user++) writeSync(file, new Uint8Array(row(user).buffer));
      } finally {
        closeSync(file);
      }
      return name;
    };
    const files = [
      write('relevance.npy', (user) => world.relevanceRow(user)),
      write('exposure.npy', (user) => world.exposureRow(user)),
    ];
    return {
      files,
      notes: [`${users.toLocaleString('en')} users x ${items.toLocaleString('en')} items, a probability each`],
    };
  },
};
