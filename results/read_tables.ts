import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { simpleGit } from 'simple-git';
import { z } from 'zod';
import { checkedFile } from '../support/contents.js';
import { UserError } from '../support/errors.js';
import { recordByName } from '../support/record.js';
import { withInterval } from '../support/statistics.js';
import { type ResultTable, TABLE_SCHEMA } from './table.js';

/** Where a project keeps the tables that are committed with it. */
export const REFERENCE = 'results/reference';

/** Tables by name, with what a manifest says of how they were made. */
export interface TableSet {
  /** As the user named it. */
  readonly name: string;
  readonly tables: ReadonlyMap<string, ResultTable>;
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
}

const summary = z.looseObject({ n: z.number(), mean: z.number(), sd: z.number().optional() });
const cells = recordByName(summary.optional());
const tableSchema = z.looseObject({
  schema: z.number(),
  title: z.string(),
  note: z.string(),
  columns: z.array(z.string()),
  rows: z.array(
    z.looseObject({
      label: z.string(),
      cells,
      values: recordByName(z.array(z.number().nullable())).optional(),
      moves: recordByName(z.string()).optional(),
      published: cells.optional(),
    }),
  ),
  anchors: z.array(z.looseObject({ label: z.string(), cells })).optional(),
});

/**
 * Reads the tables of a run folder, of a folder of tables, of one table file, or of a git revision (what it has in
 * results/reference). Throws UserError where there are none, or where one is not a table of this version.
 */
export async function readTables(reference: string): Promise<TableSet> {
  if (!existsSync(reference)) return readRevision(reference);
  refuseOther(reference, 'a run folder, a table file or a git revision');
  if (!statSync(reference).isDirectory()) {
    return {
      name: reference,
      tables: new Map([[nameOf(reference), parse(readFileSync(reference, 'utf8'), reference)]]),
      manifest: undefined,
    };
  }
  const isRun = existsSync(join(reference, 'tables'));
  const folder = isRun ? join(reference, 'tables') : reference;
  const manifest = readManifest(join(reference, 'manifest.json'));
  // Runs of version 0.5 have no hashes; tables that lie by themselves, such as the reference, are kept by git.
  const hashes = isRun ? filesSchema.safeParse(manifest).data?.files : undefined;
  const listed = Object.keys(hashes ?? {}).flatMap((name) => /^tables\/([^/]+)$/.exec(name)?.[1] ?? []);
  const files = [...new Set([...readdirSync(folder), ...listed])].filter(isTable).sort();
  if (files.length === 0)
    throw new UserError(`"${reference}" holds no tables: name a run folder, a table file or a git revision`);
  if (hashes) for (const file of files) await checkedFile(reference, `tables/${file}`, hashes);
  return {
    name: reference,
    tables: new Map(
      files.map((file) => [nameOf(file), parse(readFileSync(join(folder, file), 'utf8'), join(folder, file))]),
    ),
    manifest,
  };
}

/** What folders hold that are not runs. */
const OTHERS: Readonly<Record<string, string>> = {
  simulated: 'simulated data: "sweep quick --data" makes a run of it, "inspect" shows it',
  prepared: 'prepared data: "sweep quick --data" makes a run of it, "inspect" shows it',
  shard: 'a part of simulated data: "shard --join" joins it to the others',
  model: 'a trained model: "evaluate --model" makes tables of it',
};

/** Says what a folder is that is no run, and what is wanted. */
export function refuseOther(path: string, wanted: string): void {
  const manifest = readManifest(join(path, 'manifest.json'));
  const other = OTHERS[String(manifest?.['kind'])];
  if (other !== undefined) throw new UserError(`"${path}" is ${other}; wanted is ${wanted}`);
}

const filesSchema = z.looseObject({ files: recordByName(z.string()) });

function readManifest(path: string): TableSet['manifest'] {
  if (!existsSync(path)) return undefined;
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new UserError(`"${path}" is not a manifest that expobench wrote: make the folder again`);
  }
}

async function readRevision(revision: string): Promise<TableSet> {
  const git = simpleGit();
  const unknown = `"${revision}" is neither a folder, a file nor a git revision here`;
  const commit = await git.revparse(['--verify', '--quiet', `${revision}^{commit}`]).catch(() => '');
  if (commit === '') throw new UserError(unknown);
  const listed = await git.raw(['ls-tree', '--full-tree', '--name-only', commit, `${REFERENCE}/`]);
  const paths = listed.split('\n').filter((path) => path.endsWith('.json'));
  const tables = new Map<string, ResultTable>();
  let manifest: TableSet['manifest'];
  for (const path of paths) {
    const text = await git.show([`${commit}:${path}`]);
    if (isTable(basename(path))) tables.set(nameOf(path), parse(text, `${revision}:${path}`));
    else manifest = JSON.parse(text) as TableSet['manifest'];
  }
  if (tables.size === 0) throw new UserError(`the revision "${revision}" has no tables in ${REFERENCE}`);
  return { name: revision, tables, manifest };
}

/** Version 1 had no confidence intervals, which its other numbers give. */
const WITHOUT_INTERVALS = 1;

function withIntervals(table: ResultTable): ResultTable {
  const rows = table.rows.map((row) => ({
    ...row,
    cells: cells.parse(
      Object.fromEntries(
        // As it comes out of a file: nothing where something is undefined.
        Object.entries(row.cells).map(([column, cell]) => [
          column,
          cell && (JSON.parse(JSON.stringify(withInterval(cell))) as typeof cell),
        ]),
      ),
    ) as ResultTable['rows'][number]['cells'],
  }));
  return { ...table, rows };
}

const nameOf = (path: string): string => basename(path, '.json');
const isTable = (file: string): boolean => file.endsWith('.json') && file !== 'manifest.json';

function parse(text: string, where: string): ResultTable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`"${where}" is not JSON: expected a table that expobench wrote`);
  }
  const version = (value as { schema?: unknown } | null)?.schema;
  if (version !== TABLE_SCHEMA && version !== WITHOUT_INTERVALS) {
    throw new UserError(
      `"${where}" is ${version === undefined ? 'not a table with a schema version' : `a table of schema version ${version}`}, and this program reads versions ${WITHOUT_INTERVALS} and ${TABLE_SCHEMA}: make it again`,
    );
  }
  const parsed = tableSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`"${where}", ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const table = parsed.data as unknown as ResultTable;
  return version === WITHOUT_INTERVALS ? withIntervals(table) : table;
}
