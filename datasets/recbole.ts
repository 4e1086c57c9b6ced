import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { type Interactions, rowsWhere, SPLITS } from './interactions.js';

/** What trains a model on an export in Python. */
export const runningRecBole = (model: string, settings: string): string =>
  `from recbole.quick_start import run_recbole\nrun_recbole(model="${model}", config_file_list=["${settings}"])`;

/** Names of RecBole's parts, in the order of `SPLITS`. */
const PARTS = ['train', 'valid', 'test'];

export interface RecBoleOptions {
  /** Folder within the output folder that the files go to; the output folder itself where absent. */
  readonly under?: string | undefined;
  /** Path of the folder that holds the one called `name`, from where RecBole will run. */
  readonly dataPath?: string;
}

/**
 * Writes RecBole's atomic files: NAME.inter with all interactions, NAME.item with all items, met or not, and, where the data is split,
 * NAME.train.inter, NAME.valid.inter and NAME.test.inter; beside them NAME.yaml, which has RecBole read them, and NAME.sequential.yaml for models of
 * sequences. RecBole finds NAME.inter in a folder called NAME alone. Returns the files, and in words which ids had to be written otherwise.
 * Throws UserError for a name that RecBole keeps to itself.
 */
export function writeRecBole(
  folder: OutputFolder,
  name: string,
  data: Interactions,
  { under, dataPath = '.' }: RecBoleOptions = {},
): { files: string[]; notes: string[] } {
  if (name === 'ml-100k')
    throw new UserError(
      'RecBole reads its own copy of ml-100k for every data set of that name, wherever it lies: choose another with --name, e.g. --name my-ml-100k',
    );
  const files: string[] = [];
  const place = (suffix: string): string => {
    const file = `${under === undefined ? '' : `${under}/`}${name}.${suffix}`;
    files.push(file);
    return folder.file(file);
  };
  const [users, items] = [tokensOf(data.userIds), tokensOf(data.itemIds)];
  const columns = interColumns(data, users.tokens, items.tokens);
  const write = (suffix: string, rows: Int32Array): void =>
    writeLines(place(suffix), columns.map(({ head }) => head).join('\t'), rows.length, (r) =>
      columns.map(({ cell }) => cell(rows[r] as number)).join('\t'),
    );
  const { split, time } = data;
  write(
    'inter',
    rowsWhere(data.user.length, () => true),
  );
  if (split) {
    SPLITS.forEach((_, code) => {
      write(
        `${PARTS[code]}.inter`,
        rowsWhere(split.length, (row) => split[row] === code),
      );
    });
  }
  writeLines(place('item'), 'item_id:token', items.tokens.length, (item) => items.tokens[item] as string);
  const settings = {
    dataset: name,
    data_path: dataPath,
    // Without the items that nobody met, RecBole would rank among fewer.
    load_col: { inter: columns.map(({ head }) => head.split(':')[0] as string), item: ['item_id'] },
    user_inter_num_interval: null,
    item_inter_num_interval: null,
    ...(time && { normalize_field: ['timestamp'] }),
  };
  const code = (model: string, suffix: string): string[] =>
    runningRecBole(model, `${join(dataPath, name, name)}.${suffix}`)
      .split('\n')
      .map((line) => `  ${line}`);
  const yaml = (suffix: string, about: readonly string[], extra: object): void => {
    const text = stringify(
      { ...settings, ...extra },
      { version: '1.1', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' },
    );
    folder.write(
      files[files.push(`${under === undefined ? '' : `${under}/`}${name}.${suffix}`) - 1] as string,
      [...about.map((line) => `# ${line}`), text].join('\n'),
    );
  };
  const rounding = time
    ? [
        'Times are normalised, since RecBole keeps numbers as float32, in which seconds since 1970 are 128 seconds apart.',
      ]
    : [];
  yaml(
    'yaml',
    [
      'For RecBole 1.2.1, run from where data_path leads to the folder of this data set:',
      ...code('BPR', 'yaml'),
      ...(split
        ? [
            'The split is that of the data. Models of sequences (SASRec) take the other .yaml: RecBole cannot make histories of a given split.',
          ]
        : []),
      ...rounding,
    ],
    split ? { benchmark_filename: PARTS } : {},
  );
  if (time)
    yaml(
      'sequential.yaml',
      [
        'For models of sequences in RecBole 1.2.1 (SASRec, GRU4Rec), run from where data_path leads to the folder of this data set:',
        ...code('SASRec', 'sequential.yaml'),
        "RecBole splits by time itself here: each user's last interaction is for test, that before it for validation, as leave-last-two does, except",
        'where two have one time, or a user has fewer than three. A split at random has no like among sequences.',
        'There are no sampled negatives, since the loss of these models, CE, has all items; for loss_type BPR take that line out.',
        ...rounding,
      ],
      {
        eval_args: { split: { LS: 'valid_and_test' }, order: 'TO', group_by: 'user', mode: 'full' },
        train_neg_sample_args: null,
      },
    );
  return { files, notes: [...notesOf('user', users.changed), ...notesOf('item', items.changed)] };
}

interface InterColumn {
  readonly head: string;
  cell(row: number): string | number;
}

/** Columns of .inter: RecBole's usual ones and, of simulated data, both true probabilities. */
function interColumns(data: Interactions, users: readonly string[], items: readonly string[]): InterColumn[] {
  const { user, item, rating, time, truth } = data;
  const columns: InterColumn[] = [
    { head: 'user_id:token', cell: (row) => users[user[row] as number] as string },
    { head: 'item_id:token', cell: (row) => items[item[row] as number] as string },
  ];
  if (rating) columns.push({ head: 'rating:float', cell: (row) => shortest(rating[row] as number) });
  if (time) columns.push({ head: 'timestamp:float', cell: (row) => time[row] as number });
  if (truth) {
    columns.push({ head: 'p_relevance:float', cell: (row) => shortest(truth.relevance[row] as number) });
    columns.push({ head: 'p_exposure:float', cell: (row) => shortest(truth.exposure[row] as number) });
  }
  return columns;
}

/** The number of fewest digits that is `value` as a float32: 4.1 for what is stored as 4.099999904632568. */
export function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** What pandas, with which RecBole reads, takes for a missing value, and RecBole's own token for none. */
const TAKEN_FOR_NONE = new Set([
  ...['#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '1.#IND', '1.#QNAN', '<NA>', 'N/A', 'NA', 'n/a'],
  ...['-NaN', '-nan', 'NaN', 'nan', 'NULL', 'null', 'None', '[PAD]'],
]);

/**
 * Ids as tokens that RecBole reads as they are and apart: control characters, which end cells and lines, become spaces, and what it would take for a
 * missing value or for another id gets underscores.
 */
function tokensOf(ids: readonly string[]): { tokens: string[]; changed: [id: string, token: string][] } {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const clean = (id: string): string => id.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]/g, ' ');
  const isPlain = (id: string): boolean => id !== '' && clean(id) === id && !TAKEN_FOR_NONE.has(id);
  const taken = new Set(ids.filter(isPlain));
  const changed: [string, string][] = [];
  const tokens = ids.map((id) => {
    if (isPlain(id)) return quoted(id);
    let token = clean(id);
    while (token === '' || taken.has(token) || TAKEN_FOR_NONE.has(token)) token += '_';
    taken.add(token);
    changed.push([id, token]);
    return quoted(token);
  });
  return { tokens, changed };
}

/** A cell that begins with a quotation mark stands in such, as pandas expects. */
const quoted = (token: string): string => (token.startsWith('"') ? `"${token.replaceAll('"', '""')}"` : token);

function notesOf(what: string, changed: readonly (readonly [string, string])[]): string[] {
  const [first] = changed;
  if (!first) return [];
  const count = changed.length === 1 ? `1 ${what} id is` : `${changed.length} ${what} ids are`;
  return [
    `${count} written otherwise, since RecBole would take them for missing, for the end of a cell or for another: ${JSON.stringify(first[0])} as ${JSON.stringify(first[1])}`,
  ];
}

/** Lines that are joined before they are written: a text of all could be longer than texts may be. */
const LINES_AT_ONCE = 65536;

function writeLines(path: string, head: string, count: number, lineOf: (row: number) => string): void {
  const file = openSync(path, 'w');
  try {
    writeFileSync(file, `${head}\n`);
    for (let from = 0; from < count; from += LINES_AT_ONCE) {
      const lines = Array.from({ length: Math.min(LINES_AT_ONCE, count - from) }, (_, k) => lineOf(from + k));
      writeFileSync(file, `${lines.join('\n')}\n`);
    }
  } finally {
    closeSync(file);
  }
}
