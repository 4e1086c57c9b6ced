import { normalize } from 'node:path';
import type { CommandModule } from 'yargs';
import { lookAt } from '../benchmarks/data_pictures.js';
import { readFolder, readManifest } from '../datasets/store.js';
import { writeWhole } from '../support/output.js';

interface InspectArguments {
  readonly folder: string;
  readonly picture?: string;
  readonly json: boolean;
}

export const inspectCommand: CommandModule<object, InspectArguments> = {
  command: 'inspect <folder>',
  describe: 'look at data, simulated data beside its truth, in words and as a picture',
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
    console.log(json ? JSON.stringify({ ...numbers, picture: path }, null, 2) : `${text}\npicture: ${path}`);
  },
};
