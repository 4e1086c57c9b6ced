import { readManifest } from '../../datasets/store.js';
import { obpFeedback, supportText } from '../../simulator/obp.js';
import { readWorld } from '../../simulator/world_files.js';
import { UserError } from '../../support/errors.js';
import { fileName } from '../../support/names.js';
import type { ExportFormat } from './export.js';

export const obp: ExportFormat = {
  name: 'obp',
  summary: 'logged feedback (.npz) of a simulated folder with --exposures, for OBP 0.5.7',
  async write({ reference, folder, name }) {
    const manifest = readManifest(reference);
    if (manifest.kind !== 'simulated')
      throw new UserError(
        `"${reference}" is not simulated: only a simulation knows the propensities of what was shown`,
      );
    const file = `${name ?? fileName(manifest.name)}.npz`;
    const { bytes, support } = await obpFeedback(reference, await readWorld(reference));
    folder.writeBytes(file, bytes);
    return { files: [file], notes: supportText(support) };
  },
};
