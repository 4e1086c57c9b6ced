import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { describeInspection, inspect, writeInspection } from '../simulator/inspect.js';

interface InspectArguments {
  readonly folder: string;
  readonly picture?: string;
  readonly json: boolean;
}

export const inspectCommand: CommandModule<object, InspectArguments> = {
  command: 'inspect <folder>',
  describe: 'look at simulated data beside its truth, in words and as a picture',
  builder: (yargs) =>
    yargs
      .positional('folder', { type: 'string', demandOption: true, describe: 'folder made by simulate' })
      .option('picture', {
        type: 'string',
        describe: 'where to write the picture; by default FOLDER.svg beside the folder',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 inspect runs/popular', '') as never,
  async handler({ folder, picture, json }) {
    const inspection = await inspect(folder);
    const path = writeInspection(inspection, picture ?? `${join(folder)}.svg`);
    const { picture: _, ...numbers } = inspection;
    console.log(
      json
        ? JSON.stringify({ ...numbers, picture: path }, null, 2)
        : `${describeInspection(inspection)}\npicture: ${path}`,
    );
  },
};
