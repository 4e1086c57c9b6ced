import { isDeepStrictEqual } from 'node:util';
import { changedSamples } from '../support/layers.js';
import { decodeMoves } from '../support/moves.js';
import { ownEntry } from '../support/record.js';
import {
  changeTest,
  holm,
  isRounding,
  type Layer,
  pairedTest,
  type Summary,
  summarize,
} from '../support/statistics.js';
import type { TableSet } from './read_tables.js';
import { type ColumnStyle, cellText, type ResultTable, styleOf } from './table.js';

/**
 * What became of a cell, over the repetitions that both tables have, by their seeds. The `same` differs by no more than rounding. What differs
 * is `noise` where the difference may be chance, and a `change` where it is not, or where there are too few repetitions to test it.
 */
export type CellKind = 'same' | 'noise' | 'change' | 'added' | 'removed';

export interface CellDiff {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  readonly kind: CellKind;
  readonly before?: Summary | undefined;
  readonly after?: Summary | undefined;
  /** Mean after less mean before. */
  readonly difference?: number | undefined;
  /** Repetitions that both have, where one has more. */
  readonly common?: number | undefined;
  /** Of a paired test, after Holm's correction over all cells that differ. */
  readonly p?: number | undefined;
  /** Which chance the test allows for. */
  readonly layers?: readonly Layer[] | undefined;
  /** As tables print them, with the difference. */
  readonly texts: readonly [before: string, after: string, difference: string];
}

/** A setting that differs between two manifests. */
export interface SettingDiff {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface TableDiff {
  readonly before: string;
  readonly after: string;
  readonly cells: readonly CellDiff[];
  readonly settings: readonly SettingDiff[];
}

/** Compares two sets of tables cell by cell, and what their manifests say of data and settings. */
export function diffTables(before: TableSet, after: TableSet): TableDiff {
  const names = [...new Set([...before.tables.keys(), ...after.tables.keys()])];
  const cells = names.flatMap((name) => diffTable(name, before.tables.get(name), after.tables.get(name)));
  const tested = cells.filter(({ p }) => p !== undefined);
  const adjusted = new Map(holm(tested.map(({ p }) => p as number)).map((p, k) => [tested[k], p]));
  return {
    before: before.name,
    after: after.name,
    cells: cells.map((cell) => {
      const p = adjusted.get(cell);
      return p === undefined ? cell : { ...cell, p, kind: p < 0.05 ? 'change' : 'noise' };
    }),
    settings: diffValues('', before.manifest ?? {}, after.manifest ?? {}),
  };
}

/** Whether nothing differs, or nothing but noise where that is ignored. */
export function isSame({ cells }: TableDiff, ignoreNoise: boolean): boolean {
  return cells.every(({ kind }) => kind === 'same' || (ignoreNoise && kind === 'noise'));
}

function diffTable(name: string, before: ResultTable | undefined, after: ResultTable | undefined): CellDiff[] {
  const labels = [...new Set([before, after].flatMap((table) => table?.rows.map(({ label }) => label) ?? []))];
  const columns = [...new Set([before, after].flatMap((table) => table?.columns ?? []))];
  return labels.flatMap((row) => columns.flatMap((column) => diffCell(name, row, column, before, after)));
}

function diffCell(
  table: string,
  row: string,
  column: string,
  before: ResultTable | undefined,
  after: ResultTable | undefined,
): CellDiff[] {
  const [a, b] = [before, after].map((one) => one?.rows.find(({ label }) => label === row));
  const [x, y] = [ownEntry(a?.cells, column), ownEntry(b?.cells, column)];
  if (!x && !y) return [];
  const place = { table, row, column, before: x, after: y };
  const common = a && b && commonRepetitions([before, ownEntry(a.values, column)], [after, ownEntry(b.values, column)]);
  const [u, v] = [common?.pairs.map(([one]) => one) ?? [], common?.pairs.map(([, other]) => other) ?? []];
  // Where one has repetitions that the other lacks, what both have is compared.
  const isPart = common !== undefined && !common.isAll;
  const [p, q] = isPart && u.length > 0 ? [summarize(u), summarize(v)] : [x, y];
  const difference = p && q && (isRounding(p.mean, q.mean) ? 0 : q.mean - p.mean);
  const texts = [
    before ? cellText(styleOf(before, column), x) : '-',
    after ? cellText(styleOf(after, column), y) : '-',
    difference === undefined ? '' : differenceText(difference, after && styleOf(after, column).format),
  ] as const;
  if (!x || !y) return [{ ...place, texts, kind: x ? 'removed' : 'added' }];
  const one = { ...place, texts, difference, ...(isPart && { common: u.length }) };
  const isSame = u.length > 0 ? u.every((value, r) => isRounding(value, v[r] as number)) : isSameSummary(x, y);
  if (isSame && !common?.failsInOne) return [{ ...one, kind: 'same' }];
  const users = leastOf(ownEntry(a?.tested, column), ownEntry(b?.tested, column));
  const [before_, after_] = [a, b].map((row) => (isPart ? undefined : decodeMoves(ownEntry(row?.moves, column))));
  const test =
    changedSamples(v, u, [after_, before_]) ?? (users === undefined ? pairedTest(v, u) : changeTest(v, u, users));
  return [{ ...one, kind: 'change', p: test?.p, layers: test?.layers }];
}

type Repeated = readonly [table: ResultTable | undefined, values: readonly (number | null | undefined)[] | undefined];

/** What two rows have of the same seeds, or, where a table does not say its seeds, at the same places; undefined where values are not kept. */
function commonRepetitions(
  [before, u]: Repeated,
  [after, v]: Repeated,
): { pairs: readonly (readonly [number, number])[]; isAll: boolean; failsInOne: boolean } | undefined {
  if (!u || !v) return undefined;
  const hasSeeds = before?.seeds !== undefined && after?.seeds !== undefined;
  const bySeed = (table: ResultTable | undefined, values: typeof u) =>
    new Map(values.map((value, r) => [(hasSeeds ? table?.seeds?.[r] : undefined) ?? r, value ?? undefined] as const));
  const [a, b] = [bySeed(before, u), bySeed(after, v)];
  const both = [...a.keys()].filter((seed) => b.has(seed)).map((seed) => [a.get(seed), b.get(seed)] as const);
  return {
    pairs: both.flatMap(([x, y]) => (x === undefined || y === undefined ? [] : [[x, y] as const])),
    isAll: both.length === a.size && both.length === b.size,
    failsInOne: both.some(([x, y]) => (x === undefined) !== (y === undefined)),
  };
}

const isSameSummary = (x: Summary, y: Summary): boolean =>
  x.n === y.n && isRounding(x.mean, y.mean) && isRounding(x.sd ?? 0, y.sd ?? 0);

const leastOf = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);

/** "+0.123", in percent where the table is. */
function differenceText(difference: number, format: ColumnStyle['format'] = 'percent'): string {
  const shown = format === 'percent' ? 100 * difference : difference;
  return `${shown > 0 ? '+' : ''}${shown === 0 ? '0' : shown.toPrecision(3)}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list of things that have names as a record; undefined for anything else. */
function byName(value: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(value) || !value.every((one) => isRecord(one) && typeof one['name'] === 'string'))
    return undefined;
  return Object.fromEntries(value.map(({ name, ...rest }: Record<string, unknown>) => [String(name), rest]));
}

/** What of a manifest follows from the rest. */
const CONSEQUENCES = ['files', 'failures', 'tables', 'figures'];

/** Paths at which two values differ. */
function diffValues(path: string, before: unknown, after: unknown): SettingDiff[] {
  if (isDeepStrictEqual(before, after) || CONSEQUENCES.includes(path)) return [];
  const [named, other] = [byName(before), byName(after)];
  if (named && other) return diffValues(path, named, other);
  if (!isRecord(before) || !isRecord(after)) return [{ path, before, after }];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) =>
    diffValues(path === '' ? key : `${path}.${key}`, ownEntry(before, key), ownEntry(after, key)),
  );
}

export const CELL_KINDS: readonly CellKind[] = ['change', 'noise', 'added', 'removed', 'same'];

/** "noise, of 2 common repetitions" */
export const kindText = ({ kind, common }: CellDiff): string =>
  common === undefined
    ? kind
    : `${kind}, of ${common === 0 ? 'no' : common} common repetition${common === 1 ? '' : 's'}`;

/** "12 same, 2 change": how many cells are of which kind. */
export function countKinds({ cells }: TableDiff): string {
  const count = (kind: CellKind): number => cells.filter((cell) => cell.kind === kind).length;
  const [same, differ] = [count('same'), CELL_KINDS.filter((kind) => kind !== 'same' && count(kind) > 0)];
  return [`${same} cells the same`, ...differ.map((kind) => `${count(kind)} ${kind}`)].join(', ');
}

/** A setting's value in words; of a whole row of settings only that it is there. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  return isRecord(value) ? 'there' : JSON.stringify(value);
}

/** A row, or all rows of a table, that is on one side alone. */
export interface CameAndWent {
  readonly kind: 'added' | 'removed';
  readonly table: string;
  readonly row: string;
  /** What its columns say, as tables print them. */
  readonly texts: readonly string[];
}

/** Cells by what a reader looks for first: changes, then what came and went, row by row, then what may be chance. */
export interface DiffParts {
  readonly changes: readonly CellDiff[];
  readonly cameAndWent: readonly CameAndWent[];
  readonly noise: readonly CellDiff[];
  readonly same: readonly CellDiff[];
}

export function partsOf({ cells }: TableDiff): DiffParts {
  const of = (kind: CellKind): CellDiff[] => cells.filter((cell) => cell.kind === kind);
  const rows = new Map<string, { readonly first: CellDiff; readonly texts: string[] }>();
  for (const cell of [...of('added'), ...of('removed')]) {
    const key = JSON.stringify([cell.kind, cell.table, cell.row]);
    const known = rows.get(key) ?? { first: cell, texts: [] };
    known.texts.push(`${cell.column} ${cell.texts[cell.kind === 'added' ? 1 : 0]}`);
    rows.set(key, known);
  }
  return {
    changes: of('change').sort((a, b) => Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0)),
    cameAndWent: [...rows.values()].map(({ first: { kind, table, row }, texts }) => ({
      ...{ kind: kind as CameAndWent['kind'], table, row, texts },
    })),
    noise: of('noise'),
    same: of('same'),
  };
}

/** How differences are tested, a sentence; empty where none is. */
export function testedText({ cells }: TableDiff): string {
  const tested = cells.filter(({ p }) => p !== undefined);
  if (tested.length === 0) return '';
  const isByUser = tested.every(({ layers }) => layers?.includes('users'));
  return `p: paired over repetitions, ${isByUser ? 'with the chance of training and of who the users are' : 'with the chance of training; of users no more than one who differs is allowed for, where tables do not say what users have in them'}, by Holm's correction over all cells that differ.`;
}

/** The cells that differ and the settings that do, in words; `table` writes rows of text, for a terminal or as Markdown. */
export function describeDiff(diff: TableDiff, table: (rows: readonly (readonly string[])[]) => string): string {
  const { before, after, settings } = diff;
  const { changes, cameAndWent, noise } = partsOf(diff);
  const parts = [`${before} -> ${after}: ${countKinds(diff)}`];
  const listed = (title: string, cells: readonly CellDiff[]): void => {
    if (cells.length === 0) return;
    parts.push(
      title,
      table([
        ['table', 'row', 'column', 'before', 'after', 'difference', 'p', ''],
        ...cells.map((cell) => [
          ...[cell.table, cell.row, cell.column, ...cell.texts],
          ...[cell.p?.toPrecision(2) ?? '', kindText(cell)],
        ]),
      ]),
    );
  };
  listed('Changes, the largest first:', changes);
  if (cameAndWent.length > 0)
    parts.push(
      'Rows that came and went:',
      table([
        ['', 'table', 'row', 'says'],
        ...cameAndWent.map((one) => [one.kind, one.table, one.row, one.texts.join(', ')]),
      ]),
    );
  listed('Differences that may be chance:', noise);
  const tested = testedText(diff);
  if (tested !== '') parts.push(tested);
  if (settings.length > 0) {
    parts.push(
      'What differs in data and settings:',
      table([
        ['setting', 'before', 'after'],
        ...settings.map((one) => [one.path, valueText(one.before), valueText(one.after)]),
      ]),
    );
  }
  return parts.join('\n\n');
}
