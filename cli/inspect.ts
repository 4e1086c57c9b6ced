import { normalize } from 'node:path';
import type { CommandModule } from 'yargs';
import { describeProfile, profileOf, profilePicture } from '../datasets/profile.js';
import { readFolder, readManifest } from '../datasets/store.js';
import { describeInspection, inspect } from '../simulator/inspect.js';
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
    const { text, numbers, svg } = await lookAt(folder);
    const path = writeWhole(picture, svg);
    console.log(json ? JSON.stringify({ ...numbers, picture: path }, null, 2) : `${text}\npicture: ${path}`);
  },
};

async function lookAt(folder: string): Promise<{ text: string; numbers: object; svg: string }> {
  if (readManifest(folder).kind === 'simulated') {
    const inspection = await inspect(folder);
    const { picture: svg, ...numbers } = inspection;
    return { text: describeInspection(inspection), numbers, svg };
  }
  const { data } = await readFolder(folder);
  const profile = profileOf(data);
  return { text: describeProfile(profile), numbers: profile, svg: profilePicture(data) };
}
