import { join } from 'node:path';
import { parseWidth, printFigures } from '../results/print_figures.js';
import { reportOf } from '../results/report/report.js';
import { readRun } from '../results/run_folder.js';
import { writeFolder, writeWhole } from '../support/output.js';
import { print } from './io.js';
import type { Verb } from './verb.js';

interface ReportArguments {
  readonly run: string;
  readonly out?: string;
  readonly figures?: string;
  readonly figureWidth: string;
  readonly titles: boolean;
  readonly overwrite: boolean;
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
      .option('figures', {
        type: 'string',
        requiresArg: true,
        describe: 'a folder for the figures, and the tables as pictures, drawn again for print: PDF, SVG and PNG',
      })
      .option('figure-width', {
        type: 'string',
        default: 'column',
        describe: 'of --figures: column (85 mm), page (178 mm), or millimetres',
      })
      .option('titles', {
        type: 'boolean',
        default: true,
        describe: 'of --figures: --no-titles where the caption says what is shown',
      })
      .option('overwrite', { type: 'boolean', default: false, describe: 'replace the folder of --figures' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 report runs/table2', '')
      .example('$0 report runs/table2 --out table2.html', 'to send to somebody')
      .example('$0 report runs/table2 --figures figures --figure-width page --no-titles', 'for a paper') as never,
  async handler({ run, out, json, figures, figureWidth, titles, overwrite }) {
    const millimetres = parseWidth(figureWidth);
    const read = await readRun(run);
    if (figures !== undefined) {
      const names = await writeFolder(figures, { overwrite, inputs: [run] }, (folder) =>
        printFigures(read, { millimetres, titles }, folder),
      );
      if (out === undefined)
        return print(json ? JSON.stringify({ figures, names }, null, 2) : `${figures}: ${names.join(', ')}`);
    }
    const path = writeWhole(out ?? join(run, 'report.html'), reportOf(read));
    print(json ? JSON.stringify({ report: path, ...(figures !== undefined && { figures }) }, null, 2) : path);
  },
};
