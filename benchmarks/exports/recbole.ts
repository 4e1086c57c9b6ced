import { basename, dirname, resolve } from 'node:path';
import { writeRecBole } from '../../datasets/recbole.js';
import type { ExportFormat } from './export.js';

export const recbole: ExportFormat = {
  name: 'recbole',
  summary: 'atomic files (.inter, .item), whole and by part, with .yaml, for RecBole 1.2.1',
  async write({ data, folder, out, name = basename(resolve(out)) }) {
    // Files are called as the folder that they are in: the output folder, or one of the wished name below it.
    const isOwn = name === basename(resolve(out));
    return writeRecBole(folder, name, await data(), {
      under: isOwn ? undefined : name,
      dataPath: isOwn ? dirname(out) : out,
    });
  },
};
