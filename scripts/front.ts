/**
 * `npm run front`: makes what README begins with, docs/front.svg and the table between its two marks, from a run of `npm start`: `npm run front -- runs/quickstart`.
 * No figure of it is written by hand.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frontTable } from '../results/front_table.js';
import { readRun } from '../results/run_folder.js';
import { slopePicture } from '../results/slope_picture.js';
import { writeDurably } from '../support/durable.js';

const [BEGIN, END] = ['<!-- front: made by npm run front -->', '<!-- end of front -->'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const { tables, figures } = await readRun(join(process.argv[2] ?? 'runs/quickstart', 'quick'));
const tableOf = (view: string) => {
  const found = tables.find(({ name }) => name === `quick-${view}`);
  if (!found) throw new Error(`the run has no table quick-${view}`);
  return found.table;
};
const slopes = figures.map(({ figure }) => figure).find((figure) => figure.kind === 'slopes');
if (!slopes) throw new Error('the run has no picture of ranks');
mkdirSync(join(root, 'docs'), { recursive: true });
writeDurably(join(root, 'docs', 'front.svg'), slopePicture(slopes));
const path = join(root, 'README.md');
const [before, rest] = readFileSync(path, 'utf8').split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`README.md has not "${BEGIN}" and "${END}"`);
const table = frontTable(tableOf('value'), tableOf('standard'));
writeDurably(path, `${before}${BEGIN}\n\n![by clicks, and in truth](docs/front.svg)\n\n${table}\n\n${END}${after}`);
