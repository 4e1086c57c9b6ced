import Cli from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import { markdownTable } from 'markdown-table';
import type { OutputFolder } from '../support/output.js';
import type { Summary } from '../support/statistics.js';
import { tablePicture } from './table_picture.js';

/** Version of the tables' JSON. */
export const TABLE_SCHEMA = 1;

/** A table of results: rows of models, columns of metrics, each cell a mean over repetitions. */
export interface ResultTable {
  readonly title: string;
  /** Says how to read the numbers. */
  readonly note: string;
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly label: string;
    readonly cells: Readonly<Record<string, Summary | undefined>>;
    readonly failed?: string;
    /** The repetitions behind each cell, in order; undefined where one failed. */
    readonly values?: Readonly<Record<string, readonly (number | undefined)[]>>;
  }[];
  /** Each row against the best of a column, tested over repetitions. */
  readonly comparisons?: readonly ColumnComparison[];
  /** How cells are written: times 100 (the default), or as they are. */
  readonly format?: 'percent' | 'number';
  /** Whether the best of a column is its smallest. */
  readonly lowerIsBetter?: boolean;
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
}

/** What a cell ends with when the best of its column is better beyond chance. */
const WORSE = '*';
export const WORSE_NOTE = `${WORSE}: the best of the column is better (paired t-test over repetitions, Holm's correction, p < 0.05).`;

/** The mark of a cell. */
function markOf({ comparisons }: ResultTable, label: string, column: string): string {
  const worse = comparisons?.some((test) => test.b === label && test.column === column && test.adjusted < 0.05);
  return worse ? WORSE : '';
}

/** "63.97 (0.12)": mean and standard deviation, in percent where the table says so. */
export function cellText({ format }: Pick<ResultTable, 'format'>, summary: Summary | undefined): string {
  if (!summary) return '-';
  const write = (x: number): string => (format === 'number' ? x.toFixed(4) : (100 * x).toFixed(2));
  return write(summary.mean) + (summary.sd === undefined ? '' : ` (${write(summary.sd)})`);
}

/** Labels of the rows that have a column, best first. */
function rankedRows(table: ResultTable, column: string): string[] {
  const sign = table.lowerIsBetter ? -1 : 1;
  return table.rows
    .filter((row) => row.cells[column])
    .sort((a, b) => sign * ((b.cells[column] as Summary).mean - (a.cells[column] as Summary).mean))
    .map(({ label }) => label);
}

/** Label of the row with the best mean in each column. */
function bestRows(table: ResultTable): Map<string, string | undefined> {
  return new Map(table.columns.map((column) => [column, rankedRows(table, column)[0]]));
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;

/** For a terminal; the best of each column is bold where `colour`. */
export function terminalTable(table: ResultTable, colour: boolean): string {
  const best = bestRows(table);
  const view = new Cli({
    head: ['', ...table.columns],
    colAligns: ['left', ...table.columns.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { label, cells, failed } of table.rows) {
    const texts = table.columns.map((column) => {
      const text = cellText(table, cells[column]) + markOf(table, label, column);
      return colour && best.get(column) === label ? bold(text) : text;
    });
    view.push([failed === undefined ? label : `${label} (failed: ${failed})`, ...texts]);
  }
  return `${table.title}\n${view.toString()}\n${table.note}\n`;
}

/** Rows of text, the first one the head, for a terminal. */
export function plainTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const view = new Cli({ head: [...head], style: { head: [], border: [], compact: true } });
  view.push(...rows.map((row) => [...row]));
  return view.toString();
}

/** The table as it stands in a file: with its version, in full precision. */
export function jsonOf(table: ResultTable): object {
  return { schema: TABLE_SCHEMA, ...table };
}

/** Writes tables/<name>, tables/<name>-2 ... in every form. */
export function writeTables(folder: OutputFolder, name: string, tables: readonly ResultTable[]): void {
  tables.forEach((table, t) => {
    const path = `tables/${name}${t === 0 ? '' : `-${t + 1}`}`;
    folder.writeJson(`${path}.json`, jsonOf(table));
    folder.write(`${path}.md`, markdownOf(table));
    folder.write(`${path}.csv`, csvOf(table));
    folder.write(`${path}.tex`, latexOf(table));
    if (table.format !== 'number') folder.write(`${path}.svg`, tablePicture(table));
  });
}

/**
 * LaTeX with booktabs' rules: the best of each column bold, the second underlined, as the paper prints. Needs no package but
 * booktabs.
 */
export function latexOf(table: ResultTable): string {
  const escaped = (text: string): string => text.replace(/[&%$#_{}]/g, (c) => `\\${c}`);
  const ranks = new Map(table.columns.map((column) => [column, rankedRows(table, column)]));
  const lines = table.rows.map(({ label, cells }) => {
    const texts = table.columns.map((column) => {
      const text = escaped(cellText(table, cells[column]) + markOf(table, label, column));
      const place = ranks.get(column)?.indexOf(label);
      return place === 0 ? `\\textbf{${text}}` : place === 1 ? `\\underline{${text}}` : text;
    });
    return `${[escaped(label), ...texts].join(' & ')} \\\\`;
  });
  return [
    `% ${table.title}`,
    `\\begin{tabular}{l${'r'.repeat(table.columns.length)}}`,
    '\\toprule',
    `${['', ...table.columns.map(escaped)].join(' & ')} \\\\`,
    '\\midrule',
    ...lines,
    '\\bottomrule',
    '\\end{tabular}',
    `% ${table.note}`,
    '',
  ].join('\n');
}

/** GitHub Markdown; the best of each column is bold. */
export function markdownOf(table: ResultTable): string {
  const best = bestRows(table);
  const rows = table.rows.map(({ label, cells, failed }) => [
    failed === undefined ? label : `${label} (failed: ${failed})`,
    ...table.columns.map((column) => {
      const text = cellText(table, cells[column]) + markOf(table, label, column);
      return best.get(column) === label ? `**${text}**` : text;
    }),
  ]);
  const grid = markdownTable([['', ...table.columns], ...rows], { align: ['l', ...table.columns.map(() => 'r')] });
  return `## ${table.title}\n\n${grid}\n\n${table.note}\n`;
}

/** One line a row and metric, in full precision: row, metric, n, mean, sd. */
export function csvOf(table: ResultTable): string {
  const records = table.rows.flatMap(({ label, cells }) =>
    table.columns.flatMap((column) => {
      const cell = cells[column];
      return cell ? [[label, column, cell.n, cell.mean, cell.sd ?? '']] : [];
    }),
  );
  return stringify(records, { header: true, columns: ['row', 'metric', 'n', 'mean', 'sd'] });
}
