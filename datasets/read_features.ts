import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../support/errors.js';
import { usualColumn } from './columns.js';
import { rowsOf, withDuckDB } from './duckdb.js';
import { categories, type FeatureColumn, type FeatureTable } from './features.js';
import type { SourceTable } from './formats/format.js';
import { formatOf, sourceFile } from './formats/registry.js';
import { sharedFloat64 } from './interactions.js';
import { packStrings } from './packed_strings.js';
import { checkFile } from './reader.js';
import { findTimes } from './times.js';
import { withPlainFile } from './unpack.js';

/**
 * Reads a table of users or items, in any format that ratings may have: a column of ids (one that is usually called so, "id", or the first), the others
 * features. Gives the rows of the data's ids, in their order. A column of numbers is numbers (truths are 1 and 0), one of dates seconds since 1970, any other,
 * or one of numbers with a zero in front, texts. Rows of other ids are passed over. Throws UserError naming the id for one that is missing or stands
 * twice.
 */
export async function readFeatures(path: string, role: 'user' | 'item', ids: readonly string[]): Promise<FeatureTable> {
  checkFile(path, `features of ${role}s`);
  const file = { path, shown: path, notes: [] };
  return withPlainFile(file, undefined, (plain) =>
    withDuckDB(async (connection, place) => {
      const source = sourceFile(plain.path, plain.shown, place);
      // Without a header columns are called by their numbers, and the first one has the ids.
      let table = await formatOf(source).open(connection, source, { columns: { [role]: '1' } });
      for (;;) {
        try {
          return await featuresOf(connection, table, path, role, ids);
        } catch (error) {
          if (error instanceof UserError || !table.afterFailure) throw error;
          table = await table.afterFailure(error);
        }
      }
    }),
  );
}

/** Texts that say that a value is missing. */
const MISSING = ['', 'nan', 'null', 'none', 'na', 'n/a', '<na>', '\\n', 'nat'];

async function featuresOf(
  connection: DuckDBConnection,
  table: SourceTable,
  shown: string,
  role: 'user' | 'item',
  ids: readonly string[],
): Promise<FeatureTable> {
  const nameOf = (place: number): string => table.columns[place]?.name || `column ${place + 1}`;
  const id = usualColumn(role, table.columns) ?? 0;
  const places = table.columns.map((_, place) => place).filter((place) => table.columns[place]?.type !== 'nested');
  const names = places.filter((place) => place !== id).map(nameOf);
  const twice = names.find((name, n) => names.indexOf(name) !== n || name === 'id');
  if (twice !== undefined)
    throw new UserError(
      twice === 'id'
        ? `"${shown}": "${nameOf(id)}" holds the ids, and "id" is another column: call it by another name`
        : `"${shown}" has two columns "${twice}": give each a name of its own`,
    );
  const filled = table.filled === undefined ? '' : ` AND ${table.filled}`;
  const relation = await table.relation(places);
  const value = (place: number): string => {
    const text = `trim(CAST(c${place} AS VARCHAR))`;
    return `CASE WHEN lower(${text}) IN (${MISSING.map((one) => `'${one}'`).join(', ')}) THEN NULL ELSE ${table.columns[place]?.type === 'instant' ? `CAST(epoch_us(CAST(c${place} AS TIMESTAMP)) AS VARCHAR)` : text} END AS c${place}`;
  };
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE features AS SELECT line, ${places.map(value).join(', ')} FROM
      (SELECT *, row_number() OVER () - ${table.skipped ?? 0} AS line FROM ${relation}) WHERE line > 0${filled}`,
  );
  // Whole numbers that were written with a point lose it, as those of ratings do.
  const read = await rowsOf(
    connection,
    `SELECT regexp_replace(c${id}, '^(-?[0-9]+)[.]0+$', '\\1'), line FROM features ORDER BY line`,
  );
  const wanted = new Map(ids.map((one, row) => [one, row]));
  const lines = new Map<string, number>();
  for (const [given, line] of read as [string | null, bigint][]) {
    if (given === null) throw new UserError(`"${shown}", ${await table.place(Number(line))}: the ${role} is missing`);
    const before = lines.get(given);
    if (before !== undefined && wanted.has(given))
      throw new UserError(
        `"${shown}": ${role} "${given}" stands in ${await table.place(before)} and again in ${await table.place(Number(line))}: keep one of them`,
      );
    lines.set(given, Number(line));
  }
  const without = ids.filter((one) => !lines.has(one));
  if (without.length > 0)
    throw new UserError(
      `"${shown}" has no row for ${role} "${without[0]}"${without.length > 1 ? ` and ${(without.length - 1).toLocaleString('en')} more of ${ids.length.toLocaleString('en')}` : ''}: every ${role} of the ratings needs one; its ids were read from "${nameOf(id)}"`,
    );
  const rowOfLine = new Map(ids.map((one, row) => [lines.get(one) as number, row]));
  const columns: FeatureColumn[] = [];
  for (const place of places) {
    if (place === id) continue;
    columns.push(await readColumn(connection, table, place, nameOf(place), rowOfLine));
  }
  return { role, source: shown, ids: packStrings(ids), columns };
}

/** One column, as what its values are. */
async function readColumn(
  connection: DuckDBConnection,
  table: SourceTable,
  place: number,
  name: string,
  rowOfLine: ReadonlyMap<number, number>,
): Promise<FeatureColumn> {
  const column = `c${place}`;
  const number = `coalesce(TRY_CAST(${column} AS DOUBLE), CASE lower(${column}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END)`;
  const [[given, numbers, zeros] = []] = await rowsOf(
    connection,
    `SELECT count(${column}), count(${number}), count(*) FILTER (regexp_matches(${column}, '^0[0-9]')) FROM features`,
  );
  const isNumber = Number(given) === Number(numbers) && Number(zeros) === 0;
  const type = table.columns[place]?.type ?? 'text';
  const times =
    type === 'instant' ? `CAST(${column} AS DOUBLE) / 1e6` : isNumber ? undefined : await datesOf(connection, column);
  const values = async (sql: string): Promise<unknown[]> => {
    const out: unknown[] = new Array(rowOfLine.size).fill(null);
    for (const [line, value] of await rowsOf(
      connection,
      `SELECT line, ${sql} FROM (SELECT line, ${column}, NULL::DOUBLE AS n, ${column} AS t FROM features)`,
    )) {
      const row = rowOfLine.get(Number(line));
      if (row !== undefined) out[row] = value;
    }
    return out;
  };
  if (times === undefined && !isNumber) return categories(name, (await values(column)) as (string | null)[]);
  const read = await values(times ?? number);
  const numbersRead = sharedFloat64(read.length);
  read.forEach((value, row) => {
    numbersRead[row] = value === null ? Number.NaN : Number(value);
  });
  return { name, kind: times === undefined ? 'number' : 'date', values: numbersRead };
}

/** SQL of the seconds of a column of texts, where all of them are dates; undefined where they are not. */
async function datesOf(connection: DuckDBConnection, column: string): Promise<string | undefined> {
  const texts = `(SELECT line, NULL::DOUBLE AS n, ${column} AS t FROM features WHERE ${column} IS NOT NULL)`;
  const times = await findTimes(connection, texts, 'text', undefined).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  if (!times) return undefined;
  const [[all, read] = []] = await rowsOf(connection, `SELECT count(*), count(${times.seconds}) FROM ${texts}`);
  return Number(all) > 0 && Number(all) === Number(read) ? times.seconds : undefined;
}
