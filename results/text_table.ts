import Cli from 'cli-table3';
import { inOneLine } from '../support/names.js';

export type Alignment = 'left' | 'right';

/** Spaces between columns; a column that words are wrapped in is no narrower than this. */
const [GAP, NARROWEST] = ['  ', 12];

const EDGES = ['top', 'bottom', 'mid', 'left', 'right'];
const NO_RULES = {
  ...Object.fromEntries(EDGES.flatMap((edge) => [[edge, ''], ...EDGES.map((other) => [`${edge}-${other}`, ''])])),
  middle: GAP,
};

export interface TextTableOptions {
  /** Columns of the terminal; without, everything is shown as wide as it is. */
  readonly width?: number | undefined;
  readonly aligns?: readonly Alignment[] | undefined;
  /** Rows before which a rule is drawn, by number from 0, the head not counted. */
  readonly ruledBefore?: number | undefined;
  /** A cell as it is printed, once all is measured: bold, say. */
  paint?(text: string, row: number, column: number): string;
}

/** Rows of text, the first one the head, in columns without rules. What is too long for the terminal is wrapped, the longest column first. */
export function textTable(rows: readonly (readonly string[])[], options: TextTableOptions = {}): string {
  const { width = Number.POSITIVE_INFINITY, aligns = [], ruledBefore, paint = (text) => text } = options;
  const cells = rows.map((row) => row.map(inOneLine));
  const natural = widthsOf(cells);
  const widths = fitted(natural, width);
  const table = new Cli({
    chars: NO_RULES,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: natural.map((_, c) => aligns[c] ?? 'left'),
    ...(widths !== natural && { colWidths: [...widths], wordWrap: true }),
  });
  cells.forEach((row, r) => {
    if (ruledBefore !== undefined && r === ruledBefore + 1) table.push(widths.map((w) => '\u2500'.repeat(w)));
    table.push(row.map((text, c) => paint(text, r - 1, c)));
  });
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** How many of the columns fit beside one another, from the left; at least two. */
export function columnsThatFit(rows: readonly (readonly string[])[], width: number): number {
  const natural = widthsOf(rows.map((row) => row.map(inOneLine)));
  let count = natural.length;
  while (count > 2 && spanOf(natural.slice(0, count)) > width) count--;
  return count;
}

const widthsOf = (cells: readonly (readonly string[])[]): readonly number[] =>
  (cells[0] ?? []).map((_, c) => Math.max(0, ...cells.map((row) => (row[c] ?? '').length)));

const spanOf = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);

/** Takes from the widest column until all fit, or none can be narrower. */
function fitted(natural: readonly number[], width: number): readonly number[] {
  if (spanOf(natural) <= width) return natural;
  const widths = [...natural];
  while (spanOf(widths) > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] as number) <= NARROWEST) return widths;
    (widths[widest] as number)--;
  }
  return widths;
}

/** Text in lines of at most so many columns, broken between words. */
export function wrapWords(text: string, width = Number.POSITIVE_INFINITY): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
