import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { writeFolder } from '../support/output.js';
import { testFolder } from '../support/test_folder.js';
import { runPython, testWithPython } from '../support/test_python.js';
import { type Interactions, rowsWhere, SPLITS } from './interactions.js';
import { PLANTED_DEFAULTS, plantedRatings } from './planted.js';
import { type RecBoleOptions, runningRecBole, shortest, writeRecBole } from './recbole.js';
import { splitInteractions } from './split.js';

const root = testFolder();

async function exported(name: string, data: Interactions, options?: RecBoleOptions) {
  const path = join(root, name);
  const made = await writeFolder(path, {}, async (folder) => writeRecBole(folder, basename(name), data, options));
  const read = (suffix: string): string => readFileSync(join(path, `${basename(name)}.${suffix}`), 'utf8');
  return { ...made, path, read };
}

/** A row a user and an item of the given names. */
function named(
  userIds: readonly string[],
  itemIds: readonly string[],
  extra: Partial<Interactions> = {},
): Interactions {
  const n = Math.max(userIds.length, itemIds.length);
  return {
    ...{ name: 'named', userIds, itemIds, rating: undefined, time: undefined, split: undefined },
    user: Int32Array.from({ length: n }, (_, k) => k % userIds.length),
    item: Int32Array.from({ length: n }, (_, k) => k % itemIds.length),
    ...extra,
  };
}

/** Ids that pandas, the layout of the files or RecBole would read as something else. */
const ODD = [
  'NA',
  '',
  'null',
  '[PAD]',
  'a\tb',
  'a b',
  'c\nd',
  'c\rd',
  '"',
  '"x" y',
  'say "x"',
  '007',
  '1e3',
  ' lead',
  'NA_',
];

test('every number is the shortest that is the float32, and times keep parts of a second', async () => {
  const rating = Float32Array.of(4.1, 0.1, 1 / 3, 16777217, 1e-45, 3.4028235e38, -2.5, 0);
  for (const value of rating) expect(Math.fround(shortest(value))).toBe(value);
  expect([...rating].slice(0, 3).map(shortest)).toEqual([4.1, 0.1, 0.33333334]);
  const time = Float64Array.from(rating, (_, k) => 1_500_000_000.55 + k);
  const ids = Array.from(rating, (_, k) => `${k}`);
  const { read } = await exported('digits', named(ids, ids, { rating, time }));
  const [head, first] = read('inter').split('\n');
  expect(head).toBe('user_id:token\titem_id:token\trating:float\ttimestamp:float');
  expect(first).toBe('0\t0\t4.1\t1500000000.55');
});

test('true probabilities are fields, and the settings load them; items that nobody met are items', async () => {
  const truth = { relevance: Float32Array.of(0.1, 0.2), exposure: Float32Array.of(0.7, 1) };
  const { read } = await exported(
    'truth',
    named(['u', 'v'], ['i', 'j', 'never'], { user: Int32Array.of(0, 1), item: Int32Array.of(0, 1), truth }),
  );
  expect(read('inter')).toBe(
    'user_id:token\titem_id:token\tp_relevance:float\tp_exposure:float\nu\ti\t0.1\t0.7\nv\tj\t0.2\t1\n',
  );
  expect(read('item')).toBe('item_id:token\ni\nj\nnever\n');
  const settings = parse(read('yaml')) as Record<string, unknown>;
  expect(settings['load_col']).toEqual({
    inter: ['user_id', 'item_id', 'p_relevance', 'p_exposure'],
    item: ['item_id'],
  });
  // Neither times nor a split: nothing is said of them, and models of sequences have nothing to go by.
  expect(Object.keys(settings)).not.toEqual(expect.arrayContaining(['benchmark_filename']));
  expect(existsSync(join(root, 'truth', 'truth.sequential.yaml'))).toBe(false);
});

test.each(['yes', '007', '1e3', 'null', 'a: b', '1_000', '12:30'])(
  'a data set called %s stays one by PyYAML rules',
  async (name) => {
    const { read } = await exported(name, named(['u'], ['i']), { dataPath: name });
    expect(read('yaml')).toContain(`\ndataset: ${JSON.stringify(name)}\ndata_path: ${JSON.stringify(name)}\n`);
  },
);

test('ids that would be read as none, as two cells or as one id become others, and that is said', async () => {
  const { read, notes } = await exported('odd', named(ODD, ['i']));
  const tokens = read('inter')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[0]);
  expect(tokens).toEqual([
    ...['NA__', '_', 'null_', '[PAD]_', 'a b_', 'a b', 'c d', 'c d_'],
    ...['""""', '"""x"" y"', 'say "x"', '007', '1e3', ' lead', 'NA_'],
  ]);
  expect(notes).toEqual([expect.stringMatching(/^7 user ids are written otherwise, .*: "NA" as "NA__"$/)]);
});

test('a name that RecBole has for its own copy is refused', async () => {
  await expect(exported('own/ml-100k', named(['u'], ['i']))).rejects.toThrow(/its own copy of ml-100k .* --name/);
});

const LOAD = `
import json, sys
from recbole.config import Config
from recbole.data import create_dataset, data_preparation
def load(model, path):
    config = Config(model=model, config_file_list=[path], config_dict={'state': 'ERROR'})
    dataset = create_dataset(config)
    return config, dataset, dataset.build() if hasattr(dataset, 'build') else None
`;

describe('RecBole itself', () => {
  const withRecBole = testWithPython('recbole.quick_start');
  const planted = plantedRatings({ ...PLANTED_DEFAULTS, users: 60, items: 80, ratingsPerUser: 10 }).data;
  const data = splitInteractions(planted, { rule: 'leave-last-two', seed: 1, shortUsers: 'train' });

  withRecBole(
    'takes the files as they are: the same split, all items, both models train',
    async () => {
      const { path } = await exported('box/world', data, { dataPath: 'box' });
      expect(existsSync(path)).toBe(true);
      const told = runPython(
        `${LOAD}
${runningRecBole('BPR', 'box/world/world.yaml').replace('])', "], config_dict={'epochs': 1, 'state': 'ERROR'}, saved=False)")}
config, dataset, parts = load('BPR', 'box/world/world.yaml')
tokens = [sorted(zip(dataset.id2token('user_id', p.inter_feat['user_id']), dataset.id2token('item_id', p.inter_feat['item_id']))) for p in parts]
items = dataset.item_num - 1
_, sequential, ordered = load('SASRec', 'box/world/world.sequential.yaml')
test = sorted(zip(sequential.id2token('user_id', ordered[2].inter_feat['user_id']), sequential.id2token('item_id', ordered[2].inter_feat['item_id'])))
scores = [run_recbole(model=m, config_file_list=[f], config_dict={'epochs': 1, 'state': 'ERROR', 'show_progress': False}, saved=False)['test_result']['hit@10'] for m, f in (('BPR', 'box/world/world.yaml'), ('SASRec', 'box/world/world.sequential.yaml'))]
print(json.dumps({'parts': tokens, 'items': items, 'test': test, 'scores': scores}))`,
        root,
      ) as { parts: [string, string][][]; items: number; test: [string, string][]; scores: number[] };
      const pairs = (code: number): [string, string][] =>
        Array.from(
          rowsWhere(data.user.length, (row) => data.split?.[row] === code),
          (row): [string, string] => [
            data.userIds[data.user[row] as number] as string,
            data.itemIds[data.item[row] as number] as string,
          ],
        ).sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
      expect(told.parts).toEqual(SPLITS.map((_, code) => pairs(code)));
      expect(told.items).toBe(data.itemIds.length);
      expect(told.test).toEqual(pairs(2));
      expect(told.scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    },
    600_000,
  );

  withRecBole(
    'tells odd ids apart, and loses no row',
    async () => {
      await exported('box/odd', named(ODD, ODD), { dataPath: 'box' });
      const told = runPython(
        `${LOAD}
config, dataset, _ = load('BPR', 'box/odd/odd.yaml')
print(json.dumps([dataset.user_num - 1, dataset.item_num - 1, len(dataset.inter_feat)]))`,
        root,
      );
      expect(told).toEqual([ODD.length, ODD.length, ODD.length]);
    },
    600_000,
  );
});
