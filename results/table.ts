import { stringify } from 'csv-stringify/sync';
import { markdownTable } from 'markdown-table';
import { inOneLine } from '../support/names.js';
import type { OutputFolder } from '../support/output.js';
import type { Layer, Summary } from '../support/statistics.js';
import { definitionsFor, latexComment, latexText } from './latex.js';
import { markdownParagraph, markdownText } from './markdown.js';
import { tablePicture } from './table_picture.js';
import { columnsThatFit, textTable, wrapWords } from './text_table.js';

/** Version of the tables' JSON. */
export const TABLE_SCHEMA = 2;

/** A row of a table. */
export interface TableRow {
  readonly label: string;
  readonly cells: Readonly<Record<string, Summary | undefined>>;
  readonly failed?: string;
  /** The repetitions behind each cell, in order; undefined where one failed. */
  readonly values?: Readonly<Record<string, readonly (number | undefined)[]>>;
  /** Users, or equally weighted test items, whose mean each column is; absent where it is none. What tests count on. */
  readonly tested?: Readonly<Record<string, number>>;
  /** By column, how far each group of users moves the mean: base64 of float32. By them two runs are compared over users. */
  readonly moves?: Readonly<Record<string, string>>;
  /** Whether so few test items carry the weight that the row is neither ranked nor compared. */
  readonly isWeak?: boolean;
  /** What was published for the same cells, with n = 0 where it does not say over how many repetitions. */
  readonly published?: Readonly<Record<string, Summary>>;
}

/** A table of results: rows of models, columns of metrics, each cell a mean over repetitions. */
export interface ResultTable {
  readonly title: string;
  /** Says how to read the numbers. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  /** Each row against the best of a column, tested over repetitions. */
  readonly comparisons?: readonly ColumnComparison[];
  /** What rows are read against: below a rule, never ranked, bold or tested. */
  readonly anchors?: readonly Pick<TableRow, 'label' | 'cells'>[];
  /** What the numbers come to, in sentences to be read first. */
  readonly lead?: readonly string[];
  /** Seeds of the repetitions, in order, by which two tables are compared. */
  readonly seeds?: readonly number[];
  /** How cells are written: times 100 (the default), or as they are. */
  readonly format?: 'percent' | 'number';
  /** Whether the best of a column is its smallest. */
  readonly lowerIsBetter?: boolean;
  /** Columns that differ from the rest. */
  readonly styles?: Readonly<Record<string, ColumnStyle>>;
}

export interface ColumnStyle {
  /** A `count` is no result: it is not ranked. */
  readonly format?: 'percent' | 'number' | 'count';
  readonly lowerIsBetter?: boolean;
  /** Whether nothing may be said of which row is best, though it is a result. */
  readonly isUnranked?: boolean;
}

/** How a column is written and ordered. */
export const styleOf = ({ format, lowerIsBetter, styles }: ResultTable, column: string): ColumnStyle => ({
  ...(format && { format }),
  ...(lowerIsBetter && { lowerIsBetter }),
  ...styles?.[column],
});

/** Columns that are no counts. */
export const measured = (table: ResultTable): string[] =>
  table.columns.filter((column) => styleOf(table, column).format !== 'count');

/** A table with the name of its files. */
export interface NamedTable {
  readonly name: string;
  readonly table: ResultTable;
}

/** A paired test between two rows in one column. */
export interface ColumnComparison {
  readonly column: string;
  readonly a: string;
  readonly b: string;
  readonly n: number;
  /** Mean of a - b, with its 95 percent confidence interval. */
  readonly difference: number;
  readonly interval: readonly [number, number];
  readonly p: number;
  /** p after Holm's correction over the column. */
  readonly adjusted: number;
  /** Which chance the test allows for; absent in tables of earlier versions. */
  readonly layers?: readonly Layer[];
}

/** What a cell ends with when the best of its column is better beyond chance. */
export const WORSE = '*';
export const WORSE_NOTE = `${WORSE}: the best of the column is better, p < 0.05 by Holm's correction over all pairs of rows.`;

/** The mark of a cell. */
function markOf({ comparisons }: ResultTable, label: string, column: string): string {
  const worse = comparisons?.some((test) => test.b === label && test.column === column && test.adjusted < 0.05);
  return worse ? WORSE : '';
}

/** "63.97 (0.12)": mean and standard deviation, in percent where the table says so. */
export function cellText({ format }: ColumnStyle, summary: Summary | undefined): string {
  if (!summary) return '-';
  if (format === 'count') return String(Math.round(summary.mean));
  const write = (x: number): string => (format === 'number' ? x.toFixed(4) : (100 * x).toFixed(2));
  return write(summary.mean) + (summary.sd === undefined ? '' : ` (${write(summary.sd)})`);
}

/** Labels of the rows that take part in a column, best first. */
function rankedRows(table: ResultTable, column: string): string[] {
  const { format, lowerIsBetter, isUnranked } = styleOf(table, column);
  if (format === 'count' || isUnranked) return [];
  const sign = lowerIsBetter ? -1 : 1;
  return table.rows
    .filter((row) => row.cells[column] && !row.isWeak)
    .sort((a, b) => sign * ((b.cells[column] as Summary).mean - (a.cells[column] as Summary).mean))
    .map(({ label }) => label);
}

/** A cell as it is shown. */
export interface ShownCell {
  readonly text: string;
  /** In full precision. */
  readonly value?: number | undefined;
  /** Its confidence interval, in words. */
  readonly interval?: string | undefined;
  /** Place in its column, 0 for the best; undefined where it takes no part. */
  readonly place?: number | undefined;
}

export interface ShownRow {
  readonly label: string;
  readonly cells: readonly ShownCell[];
}

/** A table laid out: published figures stand beside ours, in a column of their own. */
export interface ShownTable {
  readonly head: readonly string[];
  readonly rows: readonly ShownRow[];
  /** Rows to stand below a rule. */
  readonly anchors: readonly ShownRow[];
  /** How many repetitions. */
  readonly repetitions: string;
}

/** Lays a table out, for every form that it takes. */
export function showTable(table: ResultTable): ShownTable {
  const columns = table.columns.map((column) => ({
    column,
    ranked: rankedRows(table, column),
    hasPublished: table.rows.some(({ published }) => published?.[column]),
  }));
  return {
    head: columns.flatMap(({ column, hasPublished }) => (hasPublished ? [column, 'published'] : [column])),
    rows: table.rows.map(({ label, cells, failed, published }) => ({
      label: failed === undefined ? label : `${label} (failed: ${failed})`,
      cells: columns.flatMap(({ column, ranked, hasPublished }): ShownCell[] => {
        const summary = cells[column];
        const place = ranked.indexOf(label);
        const own = {
          text: cellText(styleOf(table, column), summary) + markOf(table, label, column),
          value: summary?.mean,
          interval: summary?.interval && intervalText(styleOf(table, column), summary),
          ...(place >= 0 && { place }),
        };
        const other = published?.[column];
        return hasPublished ? [own, { text: cellText(styleOf(table, column), other), value: other?.mean }] : [own];
      }),
    })),
    anchors: (table.anchors ?? []).map(({ label, cells }) => ({
      label,
      cells: columns.flatMap(({ column, hasPublished }): ShownCell[] => {
        const own = {
          text: cells[column] ? cellText(styleOf(table, column), cells[column]) : '',
          value: cells[column]?.mean,
        };
        return hasPublished ? [own, { text: '' }] : [own];
      }),
    })),
    repetitions: repetitionsText(table),
  };
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;

/**
 * For a terminal: the best of each column in bold where it may be. Columns that do not fit its width are left out, from the right, and named: the
 * files have them.
 */
export function terminalTable(table: ResultTable, colour: boolean, width = Number.POSITIVE_INFINITY): string {
  const { head, rows, anchors } = showTable(table);
  const all = [
    ['', ...head],
    ...[...rows, ...anchors].map(({ label, cells }) => [label, ...cells.map(({ text }) => text)]),
  ];
  const count = columnsThatFit(all, width);
  const view = textTable(
    all.map((row) => row.slice(0, count)),
    {
      width,
      aligns: ['left', ...head.map(() => 'right' as const)],
      ruledBefore: anchors.length > 0 ? rows.length : undefined,
      paint: (text, row, column) => (colour && rows[row]?.cells[column - 1]?.place === 0 ? bold(text) : text),
    },
  );
  const leftOut = head.slice(count - 1);
  const lines = [
    ...(table.lead?.length ? [`${wrapWords(inOneLine(table.lead.join(' ')), width)}\n`] : []),
    wrapWords(inOneLine(table.title), width),
    view,
    ...(leftOut.length > 0
      ? [wrapWords(`Not shown for want of width, and in the files: ${leftOut.map(inOneLine).join(', ')}.`, width)]
      : []),
    wrapWords(inOneLine(table.note), width),
  ];
  return `${lines.join('\n')}\n`;
}

/** Rows of text, the first one the head, for a terminal. */
export function plainTable(rows: readonly (readonly string[])[], width = Number.POSITIVE_INFINITY): string {
  return textTable(rows, { width });
}

/** The table as it stands in a file: with its version, in full precision. */
export function jsonOf(table: ResultTable): object {
  return { schema: TABLE_SCHEMA, ...table };
}

/** Writes tables/<name> in every form. */
export function writeTables(folder: OutputFolder, tables: readonly NamedTable[]): void {
  for (const { name, table } of tables) {
    const path = `tables/${name}`;
    folder.writeJson(`${path}.json`, jsonOf(table));
    folder.write(`${path}.md`, markdownOf(table));
    folder.write(`${path}.csv`, csvOf(table));
    folder.write(`${path}.tex`, latexOf(table));
    const isPercent = measured(table).every((column) => (styleOf(table, column).format ?? 'percent') === 'percent');
    if (isPercent) folder.write(`${path}.svg`, tablePicture(table));
  }
}

/**
 * LaTeX with booktabs' rules: the best of each column bold, the second underlined, as the paper prints. Needs no package but
 * booktabs.
 */
export function latexOf(table: ResultTable): string {
  const { head, rows, anchors, repetitions } = showTable(table);
  const lines = rows.map(({ label, cells }) => {
    const texts = cells.map(({ text, place }) =>
      place === 0 ? `\\textbf{${text}}` : place === 1 ? `\\underline{${text}}` : text,
    );
    return `${[latexText(label), ...texts].join(' & ')} \\\\`;
  });
  const anchorLines = anchors.map(
    ({ label, cells }) => `${[latexText(label), ...cells.map(({ text }) => text)].join(' & ')} \\\\`,
  );
  const heads = head.map(latexText);
  return [
    latexComment(table.title),
    ...definitionsFor([...heads, ...lines, ...anchorLines]),
    `\\begin{tabular}{l${'r'.repeat(head.length)}}`,
    '\\toprule',
    `${['', ...heads].join(' & ')} \\\\`,
    '\\midrule',
    ...lines,
    ...(anchors.length > 0 ? ['\\midrule'] : []),
    ...anchorLines,
    '\\bottomrule',
    '\\end{tabular}',
    latexComment(table.note),
    latexComment(repetitions),
    '',
  ].join('\n');
}

/** GitHub Markdown; the best of each column is bold. Below, the confidence intervals. */
export function markdownOf(table: ResultTable): string {
  const { head, rows, anchors, repetitions } = showTable(table);
  const grid = (columns: readonly string[], lines: readonly string[][]): string =>
    markdownTable([['', ...columns], ...lines], { align: ['l', ...columns.map(() => 'r')] });
  const main = grid(head.map(markdownText), [
    ...rows.map(({ label, cells }) => [
      markdownText(label),
      ...cells.map(({ text, place }) => (place === 0 ? `**${text}**` : text)),
    ]),
    ...anchors.map(({ label, cells }) => [`*${markdownText(label)}*`, ...cells.map(({ text }) => text)]),
  ]);
  const hasIntervals = table.rows.some(({ cells }) => table.columns.some((column) => cells[column]?.interval));
  const intervals = grid(
    measured(table).map(markdownText),
    table.rows.map(({ label, cells }) => [
      markdownText(label),
      ...measured(table).map((column) => intervalText(styleOf(table, column), cells[column])),
    ]),
  );
  const isMarked = table.note.endsWith(WORSE_NOTE);
  const note = markdownParagraph(isMarked ? table.note.slice(0, -WORSE_NOTE.length) : table.note);
  const parts = [
    `## ${markdownText(table.title)}`,
    ...(table.lead?.length ? [markdownParagraph(table.lead.join(' '))] : []),
    main,
    isMarked ? `${note}${WORSE_NOTE}` : note,
    repetitions,
  ];
  return `${[...parts, ...(hasIntervals ? ['95% confidence intervals of the means:', intervals] : [])].join('\n\n')}\n`;
}

/** "n = 3", or the range where rows differ. */
function repetitionsText({ rows, columns }: ResultTable): string {
  const counts = rows.flatMap(({ cells }) => columns.flatMap((column) => cells[column]?.n ?? []));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return counts.length === 0 ? 'n = 0' : least === most ? `n = ${least}` : `n = ${least} to ${most}`;
}

/** "63.20 to 64.70": a cell's confidence interval. */
function intervalText({ format }: ColumnStyle, summary: Summary | undefined): string {
  if (!summary?.interval) return '-';
  return summary.interval.map((x) => (format === 'number' ? x.toFixed(4) : (100 * x).toFixed(2))).join(' to ');
}

/** What numbers of CSV and JSON are in; Markdown, LaTeX, pictures and the terminal show a share in percent. */
const UNITS = { percent: 'share of 1', number: 'number', count: 'count' } as const;

/** One line a row and metric, in full precision, with what was published beside. What looks like a formula is none. */
export function csvOf(table: ResultTable): string {
  const records = table.rows.flatMap(({ label, cells, published }) =>
    table.columns.flatMap((column) => {
      const [cell, paper] = [cells[column], published?.[column]];
      if (!cell && !paper) return [];
      const own = cell ? [cell.n, cell.mean, cell.sd, ...(cell.interval ?? ['', ''])] : ['', '', '', '', ''];
      return [[label, column, ...own, paper?.mean, paper?.sd].map((value) => value ?? '')];
    }),
  );
  const columns = ['row', 'metric', 'n', 'mean', 'sd', 'low', 'high', 'published_mean', 'published_sd', 'unit'];
  const unitOf = (column: unknown): string => UNITS[styleOf(table, String(column)).format ?? 'percent'];
  const withUnits = records.map((record) => [...record, unitOf(record[1])]);
  if (!table.anchors) return spreadsheet(columns, withUnits);
  const anchors = table.anchors.flatMap(({ label, cells }) =>
    table.columns.flatMap((column) => {
      const cell = cells[column];
      return cell ? [[label, column, cell.n, cell.mean, cell.sd ?? '', '', '', '', '', unitOf(column), 'anchor']] : [];
    }),
  );
  return spreadsheet([...columns, 'kind'], [...withUnits.map((record) => [...record, 'method']), ...anchors]);
}

/** CSV for people and spreadsheets, which would run what looks like a formula: it gets an apostrophe before it. Numbers stay numbers. */
function spreadsheet(columns: string[], records: readonly (readonly (string | number)[])[]): string {
  return stringify(records as (string | number)[][], {
    ...{ header: true, columns },
    escape_formulas: true,
    cast: { string: (text) => (/^[\n\v\f\0]/.test(text) ? `'${text}` : text) },
  });
}
