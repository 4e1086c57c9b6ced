import { normalize } from 'node:path';
import { lookAt } from '../benchmarks/data_pictures.js';
import { readFolder, readManifest } from '../datasets/store.js';
import { writeWhole } from '../support/output.js';
import { print } from './io.js';
import type { Verb } from './verb.js';

interface InspectArguments {
  readonly folder: string;
  readonly picture?: string;
  readonly json: boolean;
}

export const inspectCommand: Verb<InspectArguments> = {
  builder: (yargs) =>
    yargs
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'folder made by simulate or datasets prepare',
      })
      .option('picture', {
        type: 'string',
        describe: 'where to write the picture; by default FOLDER.svg beside the folder',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 inspect runs/popular', '') as never,
  async handler({ folder, picture = `${normalize(`${folder}/.`)}.svg`, json }) {
    const { text, numbers, svg } = await lookAt(
      readManifest(folder).kind === 'simulated' ? { simulated: folder } : { data: (await readFolder(folder)).data },
    );
    const path = writeWhole(picture, svg);
    print(json ? JSON.stringify({ ...numbers, picture: path }, null, 2) : `${text}\npicture: ${path}`);
  },
};
