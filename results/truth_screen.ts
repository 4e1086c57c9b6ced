import type { ResultTable, TableRow } from './table.js';

/** The tables that the screen is made of, of one data set. */
export interface ScreenTables {
  readonly value: ResultTable;
  readonly standard: ResultTable;
  readonly trust?: ResultTable | undefined;
}

const [HIT, VALUE, SHARE] = ['hit@10', 'value@10', 'share'];
/** Width of the bar that shows what of the learnable is reached. */
const BAR = 16;
/** Below so many columns the bar is left out. */
const WITH_BAR = 90;

/**
 * What a sweep over a simulated world comes to, for a terminal: methods by clicks and by truth with an arrow where the ranks differ beyond chance, what
 * value is read against, and which evaluation finds the best. At most 100 columns; below 90 columns go, not lines.
 */
export function truthScreen({ value, standard, trust }: ScreenTables, width: number): string {
  const rows = value.rows.filter(({ cells }) => cells[VALUE as string]);
  const hitOf = (label: string): number | undefined =>
    standard.rows.find((row) => row.label === label)?.cells[HIT as string]?.mean;
  const byHit = ranksOf(rows.map(({ label }) => hitOf(label) ?? Number.NEGATIVE_INFINITY));
  const byValue = ranksOf(rows.map((row) => meanOf(row, VALUE as string)));
  const order = rows.map((_, r) => r).sort((a, b) => (byValue[a] as number) - (byValue[b] as number));
  const name = Math.max(
    12,
    ...rows.map(({ label }) => label.length),
    ...(value.anchors ?? []).map(({ label }) => label.length),
  );
  const hasBar = width >= WITH_BAR;
  const line = (
    label: string,
    hit: string,
    first: string,
    arrow: string,
    worth: string,
    second: string,
    bar: string,
  ): string =>
    `  ${label.padEnd(name)}  ${hit.padStart(7)}  ${first.padStart(4)}  ${arrow.padEnd(1)}  ${worth.padStart(13)}  ${second.padStart(4)}${hasBar ? `   ${bar}` : ''}`.trimEnd();
  const lines = [
    `  ${''.padEnd(name)}  ${'clicks'.padStart(7)}  ${''.padStart(4)}     ${'truth'.padStart(13)}`,
    line('method', 'Hit@10', 'rank', '', 'value', 'rank', 'of what is learnable'),
    ...order.map((r) => {
      const row = rows[r] as TableRow;
      const [hit, cell] = [hitOf(row.label), row.cells[VALUE as string]];
      const share = meanOf(row, SHARE as string);
      const [before, after] = [byHit[r] as number, byValue[r] as number];
      return line(
        row.label,
        hit === undefined ? '-' : percent(hit),
        hit === undefined ? '-' : String(before),
        before === after ? '\u2192' : after < before ? '\u2191' : '\u2193',
        `${percent(cell?.mean ?? 0)}${cell?.sd === undefined ? '' : ` \u00b1${percent(cell.sd)}`}`,
        String(after),
        `${barOf(share)} ${`${Math.round(100 * share)}%`.padStart(4)}`,
      );
    }),
    `  ${'\u2500'.repeat(Math.min(width, 100) - 4)}`,
    ...(value.anchors ?? []).map(({ label, cells }) =>
      line(label, '', '', '', percent(cells[VALUE as string]?.mean ?? 0), '', ''),
    ),
  ];
  return [...(value.lead ?? []), '', ...lines, ...(trust ? ['', ...trustLines(trust)] : [])].join('\n');
}

/** Rank from 1 of each value, 1 for the largest; equal ones share the best of their places. */
const ranksOf = (values: readonly number[]): number[] =>
  values.map((value) => 1 + values.filter((other) => other > value).length);

const meanOf = ({ cells }: TableRow, column: string): number => cells[column]?.mean ?? Number.NEGATIVE_INFINITY;

const percent = (share: number): string => (100 * share).toFixed(1);

function barOf(share: number): string {
  const full = Math.max(0, Math.min(BAR, Math.round(share * BAR)));
  return '\u2588'.repeat(full) + '\u2591'.repeat(BAR - full);
}

function trustLines({ rows }: ResultTable): string[] {
  const shown = rows.filter(({ label }) => label.endsWith('Hit@10'));
  const name = Math.max(22, ...shown.map(({ label }) => label.length));
  const span = (interval: readonly [number, number] | undefined, write: (x: number) => string): string =>
    interval ? `  [${write(Math.max(-1, interval[0]))} to ${write(Math.min(1, interval[1]))}]` : '';
  const two = (x: number): string => x.toFixed(2);
  return [
    `  ${'Which test to trust'.padEnd(name)}  ${'agrees with truth (tau)'.padEnd(25)}  clicks lost by its pick`,
    ...shown.map(({ label, cells }) => {
      const { tau, regret } = cells;
      const agreement = tau ? `${two(tau.mean).padStart(5)}${span(tau.interval, two)}` : '-';
      return `  ${label.padEnd(name)}  ${agreement.padEnd(25)}  ${regret ? percent(regret.mean).padStart(5) : '-'}`;
    }),
  ];
}
