import { type NamedFigure, writeFigures } from '../results/figure.js';
import { reportOf } from '../results/report/report.js';
import { readRun } from '../results/run_folder.js';
import { type NamedTable, writeTables } from '../results/table.js';
import { writeDurably } from '../support/durable.js';
import type { OutputFolder } from '../support/output.js';
import { PROGRAM } from '../support/version.js';
import { dataPicturePath, writeDataPictures } from './data_pictures.js';
import type { FinishedTrial } from './finished.js';
import { linesText, type TrialLine } from './journal.js';
import type { OpenedData } from './suite_data.js';

/** What a run came to. */
export interface RunContents {
  readonly suite: string;
  readonly budget: string;
  readonly repetitions: number;
  /** Draws of the clicks of each simulated world; 1 where absent. */
  readonly draws?: number;
  /** Test clicks of each user of a simulated world; 1 where absent. */
  readonly testClicks?: number;
  /** Settings of each row, by its label. */
  readonly rows: Readonly<Record<string, object>>;
  readonly data: readonly OpenedData[];
  readonly finished: readonly FinishedTrial[];
  readonly lines: readonly TrialLine[];
  readonly tables: readonly NamedTable[];
  readonly figures: readonly NamedFigure[];
}

/** Writes tables, figures, trials, manifest.json and, in the end, report.html. `beforeReport` is the last moment to note something. */
export async function writeRun(folder: OutputFolder, run: RunContents, beforeReport?: () => void): Promise<void> {
  const { tables, figures, data, lines } = run;
  writeDurably(folder.file('trials.ndjson'), linesText(lines));
  writeTables(folder, tables);
  await writeFigures(folder, figures);
  await writeDataPictures(folder, data);
  folder.writeJson('manifest.json', { ...manifestOf(run), files: await folder.hashes(isResult) });
  beforeReport?.();
  folder.write('report.html', reportOf(await readRun(folder.partial)));
}

/** What the manifest lists with its hash: results. Simulated data have manifests of their own, and sessions go on after it is written. */
const isResult = (name: string): boolean => /^(?:tables|figures)\/|^trials\.ndjson$/.test(name);

function manifestOf({
  suite,
  budget,
  repetitions,
  draws = 1,
  testClicks = 1,
  rows,
  data,
  finished,
  tables,
  figures,
}: RunContents): object {
  const failures = finished.flatMap(({ data: name, row, repetition, outcome }) =>
    'failure' in outcome ? [{ data: name, row: row.label, repetition, reason: outcome.failure }] : [],
  );
  return {
    kind: 'run',
    ...{
      suite,
      program: PROGRAM,
      budget,
      repetitions,
      ...(draws > 1 && { draws }),
      ...(testClicks > 1 && { testClicks }),
    },
    tables: tables.map(({ name }) => name),
    figures: figures.map(({ name }) => name),
    data: data.map(({ name, sha256, data: { userIds, itemIds, user } }) => ({
      ...{ name, sha256, users: userIds.length, items: itemIds.length, interactions: user.length },
      picture: dataPicturePath(name),
    })),
    rows,
    failures,
  };
}
