import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnNames, SourceColumn } from '../columns.js';

/** How the user wants a table to be read, where guessing is not enough. */
export interface TableOptions {
  readonly columns: ColumnNames;
  readonly header?: boolean | undefined;
  /** The columns are known to be user, item, rating and time. */
  readonly isPlain?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly encoding?: string | undefined;
}

/** A file as it lies there: not packed. */
export interface SourceFile {
  readonly path: string;
  /** The path for people. */
  readonly shown: string;
  /** Its first bytes. */
  readonly start: Buffer;
  /** The ending of its name, with the dot, lower case. */
  readonly ending: string;
  /** A folder for files on the way. */
  readonly scratch: string;
}

/** A table that was opened: typed columns, of which the needed ones are read. What is wrong with the values is not its concern. */
export interface SourceTable {
  /** Name for people. */
  readonly label: string;
  readonly columns: readonly SourceColumn[];
  /** Whether it is a text of lines, in which a line may be a comment. */
  readonly isText?: boolean;
  /** Least and greatest rating that make sense, where the format says so. */
  readonly ratingRange?: readonly [number, number];
  /** A rating that means that none was given. */
  readonly noRating?: number;
  /** What a row should be, for messages. */
  readonly expected: string;
  /** What was guessed, in words. */
  readonly notes: readonly string[];
  /** Makes the columns at these places readable, and returns SQL to select from, which names them c0, c1 and so on, by their places. */
  relation(used: readonly number[]): Promise<string>;
  /** Where a row, from 1, is found: line 3, row 2. */
  place(row: number): Promise<string>;
  /** Rows of the relation that come before the first of data. */
  readonly skipped?: number;
  /** SQL of whether a row is anything at all. */
  readonly filled?: string;
  /** Another way to read the table where one failed; or throws what the failure means. */
  afterFailure?(error: unknown): Promise<SourceTable>;
}

/** A kind of file. */
export interface TableFormat {
  readonly name: string;
  matches(file: SourceFile): boolean;
  open(connection: DuckDBConnection, file: SourceFile, options: TableOptions): Promise<SourceTable>;
  /** Whether a query goes over the tables of the file under their own names, not over `data`; opens them. */
  attach?(connection: DuckDBConnection, file: SourceFile): Promise<void>;
  /** Runs a query by itself, where DuckDB cannot. */
  query?(connection: DuckDBConnection, file: SourceFile, sql: string, seconds: number): Promise<SourceTable>;
}
