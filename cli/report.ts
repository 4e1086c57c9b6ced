import { join } from 'node:path';
import { reportOf } from '../results/report/report.js';
import { readRun } from '../results/run_folder.js';
import { writeWhole } from '../support/output.js';
import { print } from './io.js';
import type { Verb } from './verb.js';

interface ReportArguments {
  readonly run: string;
  readonly out?: string;
  readonly json: boolean;
}

export const reportCommand: Verb<ReportArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: 'folder written by sweep, abtest or quickstart',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        describe: 'where to write it; by default report.html in the folder',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 report runs/table2', '')
      .example('$0 report runs/table2 --out table2.html', 'to send to somebody') as never,
  async handler({ run, out = join(run, 'report.html'), json }) {
    const path = writeWhole(out, reportOf(await readRun(run)));
    print(json ? JSON.stringify({ report: path }, null, 2) : path);
  },
};
