import { drawShard, joinShards, parseShard } from '../simulator/shards.js';
import { UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import { writeFolder } from '../support/output.js';
import { print, resultWidth } from './io.js';
import { checkNumber, type FormatArgument, formatOption, workersOption } from './options.js';
import { terminalProgress } from './progress.js';
import { describeSimulation } from './simulate.js';
import type { Verb } from './verb.js';

interface ShardArguments extends FormatArgument {
  readonly world: string;
  readonly shard?: string;
  readonly join?: readonly string[];
  readonly exposures: boolean;
  readonly out: string;
  readonly overwrite: boolean;
  readonly workers?: number;
  readonly json: boolean;
}

export const shardCommand: Verb<ShardArguments> = {
  builder: (yargs) =>
    formatOption(workersOption(yargs))
      .positional('world', { type: 'string', demandOption: true, describe: 'folder made by simulate' })
      .option('shard', { type: 'string', describe: 'which part of the users to draw, such as 2/8' })
      .option('join', { type: 'string', array: true, describe: 'folders of all shards, to be joined' })
      .option('exposures', { type: 'boolean', default: false, describe: 'write exposures.arrow, too' })
      .option('out', { type: 'string', demandOption: true, requiresArg: true, describe: 'folder to write to' })
      .option('overwrite', { type: 'boolean', default: false, describe: 'replace --out if it exists' })
      .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' })
      .example('$0 shard runs/popular --shard 1/2 --out runs/part-1', 'half of the users')
      .example(
        '$0 shard runs/popular --join runs/part-1 runs/part-2 --out runs/whole',
        'the same bytes as runs/popular',
      ) as never,
  async handler(argv) {
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    const { world, shard, join: parts, exposures, workers, out, json } = argv;
    if ((shard === undefined) === (parts === undefined))
      throw new UserError('say --shard I/N to draw a part, or --join FOLDERS to join all of them');
    if (shard !== undefined) {
      if (argv.format !== 'arrow')
        throw new UserError('--format parquet goes with --join: shards are joined from Arrow');
      const chosen = parseShard(shard);
      const drawn = await writeFolder(out, { overwrite: argv.overwrite, inputs: [world] }, (folder) =>
        drawShard(world, chosen, exposures, workers, folder, terminalProgress()),
      );
      const { clicks, exposures: shown } = drawn;
      const text = `shard ${shard}: ${clicks.toLocaleString('en')} clicks on ${shown.toLocaleString('en')} exposures`;
      print(json ? JSON.stringify(drawn, null, 2) : `${text}\nwritten to ${out}`);
      return;
    }
    const summary = await writeFolder(out, { overwrite: argv.overwrite, inputs: [world, ...(parts ?? [])] }, (folder) =>
      joinShards(world, parts ?? [], folder, argv.format),
    );
    print(json ? JSON.stringify(summary, null, 2) : `${describeSimulation(summary, resultWidth())}\nwritten to ${out}`);
  },
};
