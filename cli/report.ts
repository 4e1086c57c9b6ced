import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { reportOf } from '../results/report/report.js';
import { readRun } from '../results/run_folder.js';
import { writeWhole } from '../support/output.js';

interface ReportArguments {
  readonly run: string;
  readonly out?: string;
}

export const reportCommand: CommandModule<object, ReportArguments> = {
  command: 'report <run>',
  describe: "make a run's report.html again from its tables, figures and trials: one page that needs no network",
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
      .example('$0 report runs/table2', '')
      .example('$0 report runs/table2 --out table2.html', 'to send to somebody') as never,
  async handler({ run, out = join(run, 'report.html') }) {
    console.log(writeWhole(out, reportOf(await readRun(run))));
  },
};
