import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '../../support/errors.js';
import type { SourceColumn } from '../columns.js';
import { firstLineOf, identifier, literal } from '../duckdb.js';
import { asUtf8, encodingOf } from '../text.js';
import type { SourceTable, TableFormat } from './format.js';

/** Objects that are looked at for the names of columns. */
const LOOKED_AT = 100;

/** JSON: an object a line, or one list of objects. Values are read by their text, so that no number loses a digit. */
export const jsonLines: TableFormat = {
  name: 'JSON lines',
  matches: ({ start, ending }) =>
    ['.json', '.jsonl', '.ndjson'].includes(ending) ||
    /^(\ufeff|\ufffe)?\s*\{\s*("|\}|$)/.test(start.toString('utf8', 0, 64)),
  async open(_connection, file, { encoding }) {
    const found = encodingOf(file, encoding);
    const path = found.isPlain ? file.path : await asUtf8(file, found.encoding, {});
    const text = found.decode(file.start);
    const isList = text.trimStart().startsWith('[');
    const columns: SourceColumn[] = isList ? listColumns(text, file.shown) : lineColumns(text, file.shown);
    const names = columns.map(({ name }) => name);
    const isGoodreads = ['user_id', 'book_id', 'rating', 'date_added'].every((name) => names.includes(name));
    const table: SourceTable = {
      label: isGoodreads ? 'Goodreads' : 'JSON lines',
      ...{ columns, notes: found.notes, expected: `expected ${names.join(', ')}` },
      ...(isGoodreads && { ratingRange: [0, 5] as const, noRating: 0 }),
      relation: async (used) =>
        `(SELECT ${used.map((c) => `${identifier(names[c] as string)} AS c${c}`).join(', ')} FROM read_json(${literal(path)},
          format=${isList ? "'array'" : "'newline_delimited'"}, columns={${used.map((c) => `${literal(names[c] as string)}: 'VARCHAR'`).join(', ')}}))`,
      place: async (row) => (isList ? `row ${row}` : `line ${await lineOfObject(path, row)}`),
      async afterFailure(error) {
        const message = firstLineOf(error);
        if (!isList && /Malformed JSON|Invalid unicode/i.test(message)) {
          const line = await firstBadLine(path);
          if (line !== undefined) throw new UserError(`"${file.shown}", line ${line}: expected a JSON object a line`);
        }
        throw new UserError(`"${file.shown}" cannot be read as JSON: ${message}`);
      },
    };
    return table;
  },
};

function columnsOf(objects: readonly unknown[], shown: string): SourceColumn[] {
  const columns = new Map<string, boolean>();
  for (const [row, object] of objects.entries()) {
    if (typeof object !== 'object' || object === null || Array.isArray(object))
      throw new UserError(`"${shown}", line ${row + 1}: expected a JSON object a line`);
    for (const [name, value] of Object.entries(object))
      columns.set(name, columns.get(name) === true || (typeof value === 'object' && value !== null));
  }
  return [...columns].map(([name, nested]) => ({ name, type: nested ? 'nested' : 'text' }));
}

function lineColumns(text: string, shown: string): SourceColumn[] {
  const lines = text.split(/\r\n|\n|\r/);
  const objects: unknown[] = [];
  for (const [row, line] of lines.slice(0, LOOKED_AT).entries()) {
    if (line.trim() === '') continue;
    try {
      objects.push(JSON.parse(line));
    } catch {
      if (objects.length > 0) break; // DuckDB says where a later line is wrong
      throw new UserError(`"${shown}", line ${row + 1}: expected a JSON object a line`);
    }
  }
  if (objects.length === 0) throw new UserError(`"${shown}" is empty: expected a JSON object a line`);
  return columnsOf(objects, shown);
}

/** The columns of a list of objects, by its first objects. */
function listColumns(text: string, shown: string): SourceColumn[] {
  const body = text.trimStart();
  try {
    return columnsOf((JSON.parse(body) as unknown[]).slice(0, LOOKED_AT), shown);
  } catch (error) {
    if (error instanceof UserError) throw error;
  }
  // The start of a long list: up to the end of an object at which it can be closed.
  for (
    let end = body.lastIndexOf('}'), tries = 0;
    end > 0 && tries < 50;
    end = body.lastIndexOf('}', end - 1), tries++
  ) {
    try {
      return columnsOf((JSON.parse(`${body.slice(0, end + 1)}]`) as unknown[]).slice(0, LOOKED_AT), shown);
    } catch (error) {
      if (error instanceof UserError) throw error;
    }
  }
  throw new UserError(`"${shown}" cannot be read as JSON: expected an object a line, or a list of objects`);
}

/** Goes through the lines of a file until `stop`. */
async function eachLine(path: string, stop: (line: string, number: number) => boolean): Promise<number | undefined> {
  const file = createReadStream(path);
  const lines = createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      if (stop(line, number)) return number;
    }
    return undefined;
  } finally {
    lines.close();
    file.destroy();
  }
}

/** The number of the first line that is no JSON; DuckDB counts from another place where a line goes on in the next. */
const firstBadLine = (path: string): Promise<number | undefined> =>
  eachLine(path, (line) => {
    if (line.trim() === '') return false;
    try {
      JSON.parse(line);
      return false;
    } catch {
      return true;
    }
  });

/** The line of an object, from 1; blank lines hold none. */
async function lineOfObject(path: string, row: number): Promise<number> {
  let seen = 0;
  return (
    (await eachLine(path, (line) => {
      if (line.trim() !== '') seen++;
      return seen === row;
    })) ?? row
  );
}
