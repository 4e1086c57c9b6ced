import { basename, extname } from 'node:path';
import { type Candidate, evaluateFiles } from '../benchmarks/evaluate_files.js';
import { writeRun } from '../benchmarks/run_files.js';
import { readListFile, readScoreFile } from '../benchmarks/score_files.js';
import { choicesOf } from '../benchmarks/settings.js';
import { hashData } from '../benchmarks/suite_data.js';
import { ModelScorers } from '../models/model_scorer.js';
import { readModel } from '../models/store.js';
import { terminalTable } from '../results/table.js';
import { beginSession } from '../support/environment.js';
import { optionName, UserError } from '../support/errors.js';
import { writeFolder } from '../support/output.js';
import { currentRun, print, printJson, resultWidth } from './io.js';
import { methodOptions, openTrialData, settingsOf, type TrainingArguments } from './method_options.js';
import { checkSeed, type OutputArguments, outputOptions, type ReadingArguments, readingOptions } from './options.js';
import { type OwnFileArguments, ownFileOptions, readOwnFiles } from './own_files.js';
import { terminalProgress } from './progress.js';
import type { Verb } from './verb.js';

interface EvaluateArguments extends OwnFileArguments, ReadingArguments, TrainingArguments, OutputArguments {
  readonly data: string;
  readonly scores?: readonly string[];
  readonly lists?: readonly string[];
  readonly model?: readonly string[];
  readonly name?: readonly string[];
}

const files = (describe: string) => ({ type: 'string', array: true, requiresArg: true, describe }) as const;

export const evaluateCommand: Verb<EvaluateArguments> = {
  builder: (yargs) =>
    ownFileOptions(methodOptions(outputOptions(readingOptions(yargs), 'the results')))
      .option('data', { type: 'string', demandOption: true, describe: 'prepared or simulated folder' })
      .option(
        'scores',
        files('files of scores: .npy, float32, users x items; or user, item, score as .csv, .parquet, .arrow'),
      )
      .option(
        'lists',
        files("files of recommended items: user, item, rank or score; or TREC's run form (.run, .trec, .txt)"),
      )
      .option('model', files('folders that train wrote'))
      .option('name', files('what tables call them, in the order of --scores, --lists and --model'))
      .example('$0 evaluate --data runs/popular --scores vae.npy als.npy --out runs/both', '')
      .example(
        '$0 evaluate --data runs/popular --lists lenskit.csv --model runs/gmf --name ALS GMF --out runs/both',
        '',
      )
      .epilogue(
        'Scores of pairs must cover what is asked: "datasets export --format candidates" writes the pairs that a seed ranks.',
      ) as never,
  leading: {
    data: undefined,
    out: undefined,
    scores: undefined,
    lists: undefined,
    model: undefined,
    name: undefined,
    metrics: undefined,
    estimates: undefined,
    cutoffs: undefined,
    candidates: undefined,
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  async handler(argv) {
    checkSeed(argv.seed);
    const { catalogue } = await readOwnFiles(undefined, argv);
    const given = settingsOf(argv, catalogue);
    const { settings, evaluation } = choicesOf(given, argv.seed, optionName, catalogue);
    const trained = Object.keys(settings)[0] ?? (given.backend === undefined ? undefined : 'backend');
    if (trained !== undefined)
      throw new UserError(`${optionName(trained)} is about training, and evaluate trains nothing: leave it out`);
    const { data, world } = await openTrialData(argv.data, argv, false);
    const candidates = named(
      [
        ...(argv.scores ?? []).map((path) => ({ path, open: () => readScoreFile(path, data) })),
        ...(argv.lists ?? []).map((path) => ({ path, open: () => readListFile(path, data) })),
        ...(argv.model ?? []).map((path) => ({
          path,
          open: async (kernels: Parameters<Candidate['open']>[0]) => {
            const { model, size } = await readModel(kernels, path);
            if (size.users !== data.userIds.length || size.items !== data.itemIds.length)
              throw new UserError(
                `"${path}" is a model of ${size.users} users and ${size.items} items, and "${data.name}" has ${data.userIds.length} and ${data.itemIds.length}: name the data that it was trained on`,
              );
            return { scorer: new ModelScorers(kernels, data).of(model) };
          },
        })),
      ],
      argv.name ?? [],
    );
    const opened = { key: argv.data, name: data.name, data, world, sha256: hashData(data, world) };
    const inputs = [argv.data, ...(argv.scores ?? []), ...(argv.lists ?? []), ...(argv.model ?? [])];
    const { tables } = await writeFolder(argv.out, { overwrite: argv.overwrite, inputs }, async (folder) => {
      const found = await evaluateFiles(opened, candidates, evaluation, terminalProgress(), catalogue);
      const rows = Object.fromEntries(found.finished.map(({ row, settings: own }) => [row.label, { settings: own }]));
      const session = await beginSession(['expobench', ...currentRun().words].join(' '), 1, []);
      await writeRun(
        folder,
        { suite: 'evaluate', budget: 'small', repetitions: 1, rows, data: [opened], figures: [], ...found },
        () => folder.writeJson('environment.json', [{ ...session, ended: new Date().toISOString() }]),
      );
      return found;
    });
    if (argv.json) return printJson(tables.map(({ table }) => table));
    for (const { table } of tables) print(terminalTable(table, currentRun().io.isTerminal, resultWidth()));
    print(`written to ${argv.out}: report.html, tables, trials.ndjson`);
  },
};

/** Candidates by the names that they are given, or their files' own. Throws UserError for none, a name too many, or two of one name. */
function named(
  candidates: readonly { readonly path: string; readonly open: Candidate['open'] }[],
  names: readonly string[],
): Candidate[] {
  if (candidates.length === 0)
    throw new UserError('nothing to evaluate: name files by --scores or --lists, or a folder by --model');
  if (names.length > candidates.length)
    throw new UserError(`--name has ${names.length} names for ${candidates.length} files: give at most one for each`);
  const out = candidates.map(({ path, open }, c) => ({ name: names[c] ?? basename(path, extname(path)), open }));
  const twice = out.find(({ name }, c) => out.findIndex((other) => other.name === name) !== c);
  if (twice) throw new UserError(`two files would be called "${twice.name}": tell them apart by --name`);
  return out;
}
