import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { type Clock, type ColumnType, isHour, type UsedColumns } from './columns.js';
import type { SourceTable } from './formats/format.js';
import type { ReadOptions } from './reader.js';
import { clockSeconds, findTimes, finenessOf, type Times } from './times.js';

/** Rows at which it is seen how fine times are. */
const SAMPLE = 10_000;

/**
 * Rows as every source gives them, in the table `raw`: line (the row's number from 1), u and i (ids, as texts, with the blanks around them), r (the rating), n (the time where it
 * is a number), t (its text where it is none), c (the time of the day).
 */
export interface LoadedRows {
  readonly use: UsedColumns;
  /** Whether ratings are read. */
  readonly rated: boolean;
  readonly times: Times | undefined;
  /** Names of the columns of the time, and what else is to be said of it. */
  readonly timeNames: string;
  readonly notes: readonly string[];
  /** SQL of the relation with its columns and `line`, to look at a row again. */
  readonly numbered: string;
}

/** Loads the columns that are used, as what they are for, and finds out how times are told. */
export async function loadRows(
  connection: DuckDBConnection,
  table: SourceTable,
  use: UsedColumns,
  shown: string,
  { keepUnrated, timeUnit }: ReadOptions,
): Promise<LoadedRows> {
  const rated = use.rating !== undefined && !keepUnrated;
  const used = [
    use.user,
    use.item,
    rated ? use.rating : undefined,
    ...use.times,
    ...use.clocks.flat(),
    ...(use.date ?? []),
  ];
  const places = [...new Set(used.filter((place) => place !== undefined))];
  const nameOf = (place: number): string => table.columns[place]?.name || `column ${place + 1}`;
  for (const place of places)
    if (table.columns[place]?.type === 'nested')
      throw new UserError(
        `"${shown}": column "${nameOf(place)}" holds lists or objects, not values; choose another, or write a row for each value (in pandas: to_json(orient="records", lines=True))`,
      );
  const relation = await table.relation(places);
  const filled = table.filled === undefined ? '' : ` AND ${table.filled}`;
  const numbered = `(SELECT *, row_number() OVER () - ${table.skipped ?? 0} AS line FROM ${relation})`;
  const kept = `line > 0${filled}`;
  const text = (place: number): string => textOf(`c${place}`, table.columns[place]?.type);
  // Numbers are read whatever blanks stand around them, and ids lose theirs once for each, not for each row.
  const whole = (place: number): string => `CAST(c${place} AS VARCHAR)`;
  const id = (place: number): string => `trim(${whole(place)})`;
  const when = (place: number | undefined): string => {
    if (use.date) {
      const [day, month, year] = use.date;
      return `${text(year)} || '-' || lpad(${text(month)}, 2, '0') || '-' || lpad(${text(day)}, 2, '0')`;
    }
    return place === undefined ? 'NULL::VARCHAR' : text(place);
  };
  /** A time of the day by its text; parts as 8:15:30. */
  const clockText = ([hour, ...parts]: Clock): string =>
    parts.length === 0
      ? id(hour)
      : `concat_ws(':', ${[hour, ...parts].map((part) => `lpad(${id(part)}, 2, '0')`).join(', ')}${parts.length === 1 ? ", '00'" : ''})`;
  const timed = (place: number | undefined, clock: Clock | undefined): string => {
    const value = when(place);
    const isText = place !== undefined && !use.date && table.columns[place]?.type !== 'instant';
    const n = `TRY_CAST(${isText ? whole(place) : value} AS DOUBLE)`;
    const finite = `CASE WHEN isfinite(${n}) THEN ${n} END`;
    const other = `CASE WHEN ${n} IS NULL THEN ${value} END`;
    return `${finite} AS n, ${other} AS t, ${clock === undefined ? '' : `${clockText(clock)} AS c, `}`;
  };
  const notes: string[] = [];
  const chosen = await chooseTime(
    connection,
    table,
    use,
    (place, clock) => `(SELECT ${timed(place, clock)} line FROM ${numbered} WHERE ${kept} LIMIT ${SAMPLE})`,
    timeUnit,
  );
  const isTimed = chosen.place !== undefined || use.date !== undefined;
  const rating = rated ? text(use.rating as number) : 'NULL';
  const number = `coalesce(TRY_CAST(${rated ? whole(use.rating as number) : 'NULL'} AS DOUBLE), CASE lower(${rating}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`;
  await connection.run('DROP TABLE IF EXISTS temp.raw');
  await connection.run(
    `CREATE TEMP TABLE raw AS SELECT line, ${whole(use.user)} AS u, ${whole(use.item)} AS i, ${isTimed ? timed(chosen.place, chosen.clock) : ''} ${rated ? number : 'NULL::DOUBLE'} AS r
      FROM ${numbered} WHERE ${kept}`,
  );
  const type = use.date ? 'text' : (table.columns[chosen.place ?? -1]?.type ?? 'text');
  const clock = chosen.clock && clockSeconds(isHourAlone(chosen.clock, table));
  const times = isTimed
    ? await findTimes(connection, 'raw', type, timeUnit, clock).catch((error: unknown) => {
        throw error instanceof UserError ? new UserError(`"${shown}": ${error.message}`) : error;
      })
    : undefined;
  if (isTimed && !times) notes.push('all times are 0, so that there are none');
  if (chosen.passedOver.length > 0)
    notes.push(
      `the finest column of times is taken, not ${chosen.passedOver.map(nameOf).join(', ')}; --time takes another`,
    );
  const timeNames = use.date
    ? use.date.map(nameOf).join(', ')
    : [chosen.place, ...(chosen.clock ?? [])]
        .flatMap((place) => (place === undefined ? [] : [nameOf(place)]))
        .join(', ');
  return { use, rated, times, timeNames, notes, numbered };
}

/** SQL of a value's text: an instant as whole microseconds since 1970, and what is stored in floating point with as many digits as tell it apart. */
const textOf = (column: string, type: ColumnType | undefined): string =>
  type === 'instant' ? `CAST(epoch_us(CAST(${column} AS TIMESTAMP)) AS VARCHAR)` : `trim(CAST(${column} AS VARCHAR))`;

interface ChosenTime {
  readonly place: number | undefined;
  readonly clock: Clock | undefined;
  /** Columns that tell times less finely. */
  readonly passedOver: readonly number[];
}

const isHourAlone = (clock: Clock, { columns }: SourceTable): boolean =>
  clock.length === 1 && isHour(columns[clock[0]]?.name);

/**
 * The finest of the columns that may hold the time, of equals the first; with a time of the day where the finest tells days. What counts from
 * 1970 or is a date goes before counts that may be places in an order.
 */
async function chooseTime(
  connection: DuckDBConnection,
  table: SourceTable,
  { times, clocks, date }: UsedColumns,
  sample: (place: number | undefined, clock: Clock | undefined) => string,
  unit: string | undefined,
): Promise<ChosenTime> {
  const [first] = times;
  if (times.length < 2 && clocks.length === 0) return { place: first, clock: undefined, passedOver: [] };
  const told: { readonly place: number; readonly dated: boolean; readonly fineness: number }[] = [];
  for (const place of times) {
    const type = table.columns[place]?.type ?? 'text';
    if (type === 'clock') continue;
    const found = await findTimes(connection, sample(place, undefined), type, unit).catch((error: unknown) => {
      if (times.length === 1 || !(error instanceof UserError)) throw error;
      return undefined;
    });
    const fineness = found && (await finenessOf(connection, sample(place, undefined), found));
    if (found && fineness !== undefined) told.push({ place, dated: found.dated, fineness });
  }
  const dated = told.filter((one) => one.dated);
  const finer = dated.length > 0 || date ? dated : told;
  const best = finer.reduce<(typeof finer)[number] | undefined>(
    (a, b) => (a === undefined || b.fineness > a.fineness ? b : a),
    undefined,
  );
  if (!best && !date) return { place: first, clock: undefined, passedOver: [] };
  let clock: Clock | undefined;
  if (best === undefined || (best.dated && best.fineness === 0)) {
    for (const one of clocks.filter(([hour]) => hour !== best?.place)) {
      const seconds = clockSeconds(isHourAlone(one, table));
      const [row] = (
        await connection.runAndReadAll(`SELECT count(*), count(${seconds}) FROM ${sample(best?.place, one)}`)
      ).getRows();
      if (Number(row?.[1]) * 2 > Number(row?.[0])) {
        clock = one;
        break;
      }
    }
  }
  const passedOver = told
    .filter(({ place }) => place !== best?.place && !clock?.includes(place))
    .filter(({ fineness, dated }) => !dated || fineness < (best?.fineness ?? 0))
    .map(({ place }) => place);
  return { place: best?.place, clock, passedOver };
}
