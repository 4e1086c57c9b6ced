import { normalize } from 'node:path';
import { lookAt } from '../benchmarks/data_pictures.js';
import { describeLikeness, likenessPicture, worldLikeness } from '../benchmarks/likeness.js';
import { readFolder, readManifest } from '../datasets/store.js';
import { readWorld } from '../simulator/world_files.js';
import { UserError } from '../support/errors.js';
import { writeWhole } from '../support/output.js';
import { print } from './io.js';
import { terminalProgress } from './progress.js';
import type { Verb } from './verb.js';

interface InspectArguments {
  readonly folder: string;
  readonly picture?: string;
  readonly against?: string;
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
      .option('against', {
        type: 'string',
        describe:
          'prepared ratings that the world was made from: is it like them? First-stage clicks beside them, in popularity, activity, tastes, neighbours and the order of five methods',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 inspect runs/popular', '')
      .example('$0 inspect runs/popular --against runs/ml-100k', 'is the world like the data?') as never,
  async handler({ folder, picture = `${normalize(`${folder}/.`)}.svg`, against, json }) {
    if (against !== undefined) return compare(folder, against, picture, json);
    const { text, numbers, svg } = await lookAt(
      readManifest(folder).kind === 'simulated' ? { simulated: folder } : { data: (await readFolder(folder)).data },
    );
    const path = writeWhole(picture, svg);
    print(json ? JSON.stringify({ ...numbers, picture: path }, null, 2) : `${text}\npicture: ${path}`);
  },
};

async function compare(folder: string, against: string, picture: string, json: boolean): Promise<void> {
  if (readManifest(folder).kind !== 'simulated')
    throw new UserError(`--against compares a simulated folder with its ratings, and "${folder}" is not one`);
  const { data } = await readFolder(against);
  const likeness = await worldLikeness(await readWorld(folder), data, { seed: 1 }, terminalProgress());
  const path = writeWhole(picture, likenessPicture(`First stage beside ${data.name}`, likeness));
  print(
    json ? JSON.stringify({ ...likeness, picture: path }, null, 2) : `${describeLikeness(likeness)}\npicture: ${path}`,
  );
}
