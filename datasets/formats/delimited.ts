import { parse } from 'csv-parse/sync';
import { UserError } from '../../support/errors.js';
import { type ColumnNames, namesSomething } from '../columns.js';
import { firstLineOf, literal } from '../duckdb.js';
import {
  asUtf8,
  COMMENT_MARK,
  encodingOf,
  evenLines,
  LATIN,
  lineOfRecord,
  notUtf8,
  type RecordRules,
} from '../text.js';
import type { SourceFile, SourceTable, TableFormat, TableOptions } from './format.js';

/** Records that are looked at. */
const LOOKED_AT = 200;
const BLANKS = ' ';

/** A table of lines of fields: CSV, TSV, MovieLens, RecBole and so on. */
export const delimited: TableFormat = {
  name: 'a table of text',
  matches: () => true,
  async open(_connection, file, options) {
    const found = encodingOf(file, options.encoding);
    const text = found.decode(file.start);
    const whole = file.start.length < MOST_BYTES && text.length <= MOST_LETTERS;
    const layout = layoutOf(text.slice(0, MOST_LETTERS), whole, file.shown, options);
    return tableOf(file, layout, {
      encoding: found.encoding,
      even: mustEven(found.isPlain, text, layout, file),
      notes: found.notes,
    });
  },
};

/** Letters of these by which the layout is found. */
const MOST_LETTERS = 1 << 17;

/** First bytes of a file that are looked at. */
export const MOST_BYTES = 1 << 20;

/** How a table of text is laid out. */
interface Layout extends RecordRules {
  readonly comment: string | undefined;
  /** Whether the first line is a comment that holds the names. */
  readonly namesInComment?: boolean;
  /** Whether quotes were seen in the first lines. */
  readonly isQuoted: boolean;
  readonly header: boolean;
  readonly names: readonly string[];
  /** Names as the first line has them, for what a row should be. */
  readonly label: string;
  readonly ratingRange?: readonly [number, number];
  readonly skipped: number;
  readonly notes: readonly string[];
}

interface Reading {
  readonly encoding: string;
  /** Whether the file must be written anew, with line ends, comments and blanks evened out. */
  readonly even: boolean;
  readonly notes: readonly string[];
  readonly parallel?: boolean;
  readonly isRetry?: boolean;
}

function mustEven(
  isPlain: boolean,
  text: string,
  { comment, delimiter, namesInComment }: Layout,
  { start }: SourceFile,
): boolean {
  const hasMark = start.subarray(0, 3).toString('hex') === 'efbbbf';
  const lone = /\r(?!\n)/.test(text.replace(/\r$/, ''));
  const mixed = text.includes('\r\n') && /[^\r]\n/.test(text);
  return (
    (!isPlain && !hasMark) || comment !== undefined || namesInComment === true || delimiter === BLANKS || lone || mixed
  );
}

/** Parses first records by given rules; undefined where they cannot be the rules. */
function tryRecords(text: string, whole: boolean, rules: RecordRules): string[][] | undefined {
  const records: string[][] = [];
  try {
    parse(text, {
      ...{ delimiter: rules.delimiter, quote: rules.quote || false, escape: rules.escape || null, to: LOOKED_AT },
      ...{ relax_column_count: true, skip_empty_lines: true, bom: true, record_delimiter: ['\r\n', '\n', '\r'] },
      on_record: (record: string[]) => {
        if (record.some((cell) => cell.trim() !== '')) records.push(record);
        return null;
      },
    });
  } catch {
    // A text that is cut off may end within quotes.
    if (whole || records.length < LOOKED_AT / 4) return undefined;
  }
  return records;
}

/** Share of the records that have as many fields as the first one, or one more: a column of row names, or a delimiter at the end. */
const evenness = (records: readonly string[][]): number => {
  const width = records[0]?.length ?? 0;
  return records.filter(({ length }) => length === width || length === width + 1).length / records.length;
};

/** `--delimiter`, as it is written on a command line. */
function delimiterOf(said: string | undefined): string | undefined {
  if (said === undefined) return undefined;
  const delimiter = { '\\t': '\t', tab: '\t', space: ' ', comma: ',' }[said.toLowerCase()] ?? said;
  if (delimiter === '' || delimiter.length > 4 || /["\r\n]/.test(delimiter))
    throw new UserError(
      `--delimiter "${said}" cannot separate fields: write one to four characters, such as ";", "::" or "tab"`,
    );
  return delimiter;
}

function layoutOf(text: string, whole: boolean, shown: string, options: TableOptions): Layout {
  const said = delimiterOf(options.delimiter);
  const first = text.slice(0, text.search(/[\r\n]|$/));
  if (text.trim() === '') throw new UserError(`"${shown}" is empty: expected one rating a line`);
  if (/^%%MatrixMarket/i.test(first))
    throw new UserError(
      `"${shown}" is a Matrix Market file, which is not read: write its entries as CSV with user, item and rating`,
    );
  const separator = /^sep=(.)$/i.exec(first.trim())?.[1];
  const comment = separator === undefined ? /^\s*([%#])/.exec(text)?.[1] : undefined;
  // The names may stand in a comment: "# user item rating".
  const named =
    comment !== undefined && namesSomething(first.replace(COMMENT_MARK, '').split(/[\t,;|]|\s+/), options.columns);
  const start = named ? text.replace(COMMENT_MARK, '') : text;
  const body = separator === undefined ? start : start.slice(first.length).replace(/^\r?\n?/, '');
  const even = (delimiter: string): string =>
    comment === undefined && delimiter !== BLANKS
      ? body
      : evenLines(body, { comment: named ? undefined : comment, blanks: delimiter === BLANKS });
  const wanted = said ?? separator;
  const candidates = wanted !== undefined ? [wanted] : first.includes('::') ? ['::'] : ['\t', ',', ';', '|', BLANKS];
  const hasQuotes = body.includes('"');
  const rules = candidates.flatMap((delimiter): RecordRules[] => [
    ...(hasQuotes || delimiter !== '::' ? [{ delimiter, quote: '"', escape: '"' }] : []),
    ...(body.includes('\\"') ? [{ delimiter, quote: '"', escape: '\\' }] : []),
    ...(hasQuotes && delimiter !== '\t' && delimiter !== '::' ? [] : [{ delimiter, quote: '', escape: '' }]),
  ]);
  let best: { readonly rules: RecordRules; readonly records: string[][]; readonly score: number } | undefined;
  for (const one of rules) {
    const records = tryRecords(even(one.delimiter), whole, one);
    if (!records?.[0] || (records[0].length < 2 && wanted === undefined)) continue;
    const score = Math.round(20 * evenness(records));
    if (score > (best?.score ?? -1) && !(one.delimiter === BLANKS && (best?.score ?? 0) > 10))
      best = { rules: one, records, score };
  }
  if (!best) {
    if (tryRecords(body, whole, { delimiter: ',', quote: '"', escape: '"' }) === undefined && hasQuotes)
      throw new UserError(
        `"${shown}": a field begins with a quote that does not end as a field does; double the quotes within fields, or save the file anew as CSV`,
      );
    throw new UserError(
      `"${shown}", line 1: expected fields separated by tabs, commas, semicolons, bars, blanks or "::", found "${first.slice(0, 80)}"; --delimiter names another`,
    );
  }
  const base = {
    ...best.rules,
    comment: named ? undefined : comment,
    skipped: separator === undefined ? 0 : 1,
    isQuoted: hasQuotes,
  };
  return { ...describe(best.records, base, shown, options), namesInComment: named };
}

const isNumber = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

/** Whether the first record holds names: where a column is of numbers all the way, its first cell would be one. */
function hasHeader(records: readonly string[][], wanted: ColumnNames): boolean {
  const [first = [], ...rest] = records;
  if (namesSomething(first, wanted)) return true;
  if (first.every((cell) => isNumber(cell))) return false;
  const numeric = first.map(
    (_, c) => rest.length > 0 && rest.every((record) => record[c] === undefined || isNumber(record[c] as string)),
  );
  // As pandas writes columns that have no names: nothing, 0, 1, 2.
  if (first.length > 2 && first[0] === '' && first.slice(1).every((cell, c) => cell === String(c))) return true;
  return !first.some((cell, c) => (rest.length === 0 || numeric[c]) && isNumber(cell));
}

/** Whether the first fields go 0, 1, 2 and so on, or from 1: names of rows, as pandas and R write them. */
const countsLines = (records: readonly string[][]): boolean => {
  const from = Number(records[0]?.[0]);
  return records.length > 4 && (from === 0 || from === 1) && records.every(([cell], r) => cell === String(from + r));
};

function describe(
  records: readonly string[][],
  base: RecordRules & Pick<Layout, 'comment' | 'skipped' | 'isQuoted'>,
  shown: string,
  { columns: wanted, header: said, isPlain }: TableOptions,
): Layout {
  const [first = [], ...rest] = records;
  if (said === undefined && first.length > 2 && first.every((cell, c) => cell === String(c)))
    throw new UserError(
      `"${shown}", line 1: ${first.slice(0, 5).join(', ')} are a rating, or names of columns as pandas writes them where there are none: say which, by --no-header or --header`,
    );
  const header = said ?? hasHeader(records, wanted);
  if (!header) {
    const width = Math.max(...records.slice(0, 20).map(({ length }) => length));
    const chosen = Object.values(wanted).some((name) => name !== undefined);
    if (!chosen && !isPlain && width > 2 && countsLines(records))
      throw new UserError(
        `"${shown}", line 1: the first field counts the lines, as an index does, and is no user: number the columns, such as --user 2 --item 3`,
      );
    const names = Array.from({ length: width }, (_, c) => String(c + 1));
    if (chosen) return { ...base, header, names, label: 'headerless table', notes: [] };
    if (width < 2 || width > 4)
      throw new UserError(
        `"${shown}", line 1: expected user${base.delimiter}item${base.delimiter}rating${base.delimiter}time, found ${width} field(s); number them, such as --user 1 --item 2`,
      );
    const roles = ['user', 'item', 'rating', 'time'].slice(0, width);
    const label =
      base.delimiter === '::'
        ? 'MovieLens ratings.dat'
        : base.delimiter === '\t' && first.every(isNumber)
          ? 'MovieLens u.data'
          : 'headerless ratings';
    const note = `no header: columns 1 to ${width} are taken as ${roles.join(', ')} (--user, --item, --rating and --time take other numbers)`;
    return {
      ...base,
      header,
      names: roles,
      label,
      ratingRange: [0.5, 5],
      notes: label === 'headerless ratings' ? [note] : [],
    };
  }
  const names = first.map((cell) => cell.trim());
  const wider = rest.length > 0 && rest.every(({ length }) => length === first.length + 1);
  const isRecBole = names.every((name) => /:(token|float)(_seq)?$/.test(name));
  const label = isRecBole ? 'RecBole atomic file' : 'table with a header';
  // One field more than names: names of rows before them, as R writes; or nothing, behind a delimiter at the end of lines.
  const rowNames = wider && !rest.every((record) => record.at(-1)?.trim() === '');
  return {
    ...{ ...base, header, label },
    names: rowNames ? ['', ...names] : wider ? [...names, ''] : names,
    notes: rowNames ? ['the first field of each line has no name, and was taken for names of rows'] : [],
  };
}

async function tableOf(file: SourceFile, layout: Layout, reading: Reading): Promise<SourceTable> {
  const { names, header, delimiter, quote, comment, isQuoted } = layout;
  const path = reading.even
    ? await asUtf8(file, reading.encoding, {
        comment,
        blanks: delimiter === BLANKS,
        namesInComment: layout.namesInComment ?? false,
      })
    : file.path;
  const all = names.map((_, c) => `c${c}`);
  const source = `read_csv(${literal(path)}, delim=${literal(delimiter)}, header=false, skip=${layout.skipped}, auto_detect=false,
    quote=${literal(quote)}, escape=${literal(layout.escape)}, null_padding=true, encoding='utf-8', parallel=${reading.parallel ?? true},
    columns={${all.map((column) => `${column}: 'VARCHAR'`).join(', ')}})`;
  const shownNames = names.filter((name) => name !== '');
  const expected = `expected ${names.length} fields (${shownNames.join(', ')}) separated by ${{ '\t': 'tabs', ' ': 'blanks' }[delimiter] ?? `"${delimiter}"`}`;
  const place = async (row: number): Promise<string> =>
    `line ${await lineOfRecord(path, row + Number(header) + layout.skipped, layout)}`;
  return {
    ...{ label: layout.label, expected, skipped: Number(header), notes: [...reading.notes, ...layout.notes] },
    ...(layout.ratingRange && { ratingRange: layout.ratingRange }),
    isText: true,
    columns: names.map((name) => ({ name, type: 'text' })),
    // The first sign of the first field tells of most rows that they are not blank.
    filled: `(c0 >= '!' OR trim(concat(${all.join(', ')})) <> '')`,
    relation: async () => source,
    place,
    async afterFailure(error) {
      const message = (error as Error).message.split('Possible')[0] as string;
      if (!reading.isRetry && /Invalid unicode|not utf-8/i.test(message))
        return tableOf(file, layout, {
          ...reading,
          encoding: LATIN,
          even: true,
          notes: [...reading.notes, notUtf8],
          isRetry: true,
        });
      // A quoted line end, or line ends of several kinds, beyond the lines that were looked at.
      if (reading.parallel !== false && /null_padding|parallel/i.test(message))
        return tableOf(file, layout, { ...reading, parallel: false });
      if (!reading.even && /state machine/.test(message)) return tableOf(file, layout, { ...reading, even: true });
      const wrongQuote = /unterminated quote/i.test(message);
      if (wrongQuote && quote !== '' && !isQuoted && delimiter === '\t')
        return tableOf(file, { ...layout, quote: '', escape: '' }, reading);
      if (wrongQuote && layout.escape === '"') return tableOf(file, { ...layout, escape: '\\' }, reading);
      const line = /[Ll]ine:? (\d+)/.exec(message)?.[1];
      const odd = wrongQuote
        ? 'a field begins with a quote that does not end as a field does; double the quotes within fields'
        : expected;
      throw new UserError(
        line === undefined
          ? `"${file.shown}" cannot be read: ${firstLineOf(error)}`
          : `"${file.shown}", line ${line}: ${odd}`,
      );
    },
  };
}
