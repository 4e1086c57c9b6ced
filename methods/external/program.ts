import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { TRAIN, VALIDATION } from '../../datasets/interactions.js';
import { modelSettings } from '../../models/registry.js';
import { DivergedError } from '../../models/trainer.js';
import type { TrainContext } from '../../propensities/context.js';
import { withScratch } from '../../support/scratch.js';
import { ownStage } from '../axes.js';
import type { Method, MethodDefinition, Trained } from '../method.js';
import { training } from '../settings.js';
import { exposedInTraining } from '../shown.js';
import { readAnswers } from './answers.js';
import { type AskedPairs, distinctPairs } from './pairs.js';
import { lastLines, runGuarded } from './run_guarded.js';
import type { MethodFile } from './schema.js';
import { writeColumns } from './tables.js';

const TIME_LIMIT = 3600;
/** Items of a list that a program is asked for. */
const LISTED = 100;

/** A program of the user's as a method. `folder` is where its command is run. */
export function externalMethod(file: MethodFile, folder: string): MethodDefinition {
  const {
    name,
    summary = `the program ${file.command.join(' ')}`,
    settings: defaults = {},
    tuning = {},
    needs = [],
  } = file;
  const ownSettings = z.object(
    Object.fromEntries(
      Object.entries(defaults).map(([setting, value]) => [
        setting,
        typeof value === 'number' ? z.number().default(value) : z.string().default(value),
      ]),
    ),
  );
  const why = {
    times: 'it wants to know when',
    ratings: 'it learns from ratings',
    exposures: 'it learns from what was shown',
    propensities: 'it wants to know with which probability pairs were shown',
  } as const;
  const method: Method = {
    ...{ kind: name, text: name, label: name, players: [] },
    settings: z.object({ dim: training.dim.default(32), set: training.set.default({}) }),
    own: { name, settings: ownSettings },
    remedy: 'look at what the program does',
    needs: () => needs.map((need) => ({ what: need === 'propensities' ? 'world' : need, why: why[need] })),
    tuning: [
      ownStage(
        name,
        Object.entries(tuning).map(([setting, values]) => ({ name: `${name}.${setting}`, values })),
      ),
    ],
    train: (context) => run(file, folder, context, ownSettings),
  };
  return { name, summary, grammar: `${name}: ${summary}`, isWhole: true, ownSettings, parse: () => method };
}

/** Runs the program in a folder of its own, and reads what it answers. */
async function run(
  file: MethodFile,
  folder: string,
  context: TrainContext,
  ownSettings: z.ZodObject,
): Promise<Trained> {
  const { name, command, timeLimit = TIME_LIMIT } = file;
  return withScratch(async (place) => {
    const own = modelSettings({ name, settings: ownSettings }, context.settings.set?.[name]);
    const { pairs, full } = await writeQuestion(file, place, context, own);
    const [out, err] = [join(place, 'stdout.txt'), join(place, 'stderr.txt')];
    const values: Readonly<Record<string, string | number>> = {
      ...own,
      ...{ folder: place, seed: context.seed, dim: context.size.dim },
    };
    const filled = command.map((word) =>
      word.replaceAll(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(values, key) ? String(values[key]) : whole)),
    );
    const env = { EXPOBENCH_FOLDER: place };
    const ended = await runGuarded({ command: filled, folder: resolve(folder), out, err, env, timeLimit });
    if (ended.code !== 0) {
      const said = lastLines(err) || lastLines(out);
      const what = ended.reason ?? `ended with exit code ${ended.code}`;
      throw new DivergedError(
        `the program "${command.join(' ')}" ${what}`,
        said || 'it said nothing on its standard streams',
      );
    }
    return readAnswers(file, place, pairs, context, full);
  });
}

async function writeQuestion(
  { format = 'csv', needs = [], gives = 'lists' }: MethodFile,
  place: string,
  context: TrainContext,
  own: Readonly<Record<string, number | string>>,
): Promise<{ pairs: AskedPairs; full: boolean }> {
  const { data, size, seed } = context;
  const { questions, full } = await context.asked();
  const part = (code: number) => {
    const rows = Int32Array.from(data.user.keys()).filter((row) => (data.split?.[row] ?? TRAIN) === code);
    const of = <Values extends ArrayLike<number>>(values: Values | undefined) =>
      values && Float64Array.from(rows, (row) => Number(values[row]));
    return {
      user: rows.map((row) => data.user[row] as number),
      item: rows.map((row) => data.item[row] as number),
      ...(data.time && needs.includes('times') && { time: of(data.time) }),
      ...(data.rating && needs.includes('ratings') && { rating: of(data.rating) }),
      ...(data.truth && needs.includes('propensities') && { propensity: of(data.truth.exposure) }),
    };
  };
  const pairs = distinctPairs(questions, size.items);
  const files: Record<string, string> = {};
  const write = async (name: string, columns: Parameters<typeof writeColumns>[1]): Promise<void> => {
    files[name] = `${name}.${format}`;
    await writeColumns(join(place, `${name}.${format}`), columns);
  };
  await write('train', part(TRAIN));
  await write('validation', part(VALIDATION));
  await write('pairs', { user: pairs.user, item: pairs.item });
  if (needs.includes('exposures')) {
    const shown = exposedInTraining(data);
    const clicked = context.train;
    const [user, item, label]: [number[], number[], number[]] = [[], [], []];
    for (let u = 0; shown && u < shown.users; u++) {
      const own = new Set(clicked.items.subarray(clicked.starts[u], clicked.starts[u + 1]));
      for (const i of shown.items.subarray(shown.starts[u], shown.starts[u + 1])) {
        user.push(u);
        item.push(i);
        label.push(Number(own.has(i)));
      }
    }
    await write('exposures', {
      user: Int32Array.from(user),
      item: Int32Array.from(item),
      clicked: Int32Array.from(label),
    });
  }
  writeFileSync(join(place, 'user_ids.json'), JSON.stringify(data.userIds));
  writeFileSync(join(place, 'item_ids.json'), JSON.stringify(data.itemIds));
  const settings = {
    ...{ seed, dim: size.dim, users: size.users, items: size.items, threads: Math.max(1, availableParallelism()) },
    settings: own,
    files,
    pairs: pairs.user.length,
    answer: {
      scores: 'scores.csv, .arrow, .parquet (column "score") or .npy: a number for each row of pairs, in its order',
      ...(full &&
        gives === 'lists' && {
          lists: `lists.csv, .arrow or .parquet: user, item, rank from 1; the ${LISTED} best of every user`,
        }),
      ...(full && gives === 'matrix' && { matrix: `matrix.npy: float32, ${size.users} x ${size.items}` }),
    },
    listed: LISTED,
  };
  writeFileSync(join(place, 'settings.json'), JSON.stringify(settings, null, 2));
  return { pairs, full };
}
