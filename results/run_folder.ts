import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkedFile, type FileHashes } from '../support/contents.js';
import { readState } from '../support/durable.js';
import type { Session } from '../support/environment.js';
import { UserError } from '../support/errors.js';
import { lineSum } from '../support/hash.js';
import { recordByName } from '../support/record.js';
import type { Figure, NamedFigure } from './figure.js';
import { readTables, refuseOther } from './read_tables.js';
import { type ShownTrial, shownTrial } from './run_schema.js';
import type { NamedTable } from './table.js';

const manifestSchema = z.looseObject({
  kind: z.literal('run'),
  suite: z.string(),
  program: z.object({ name: z.string(), version: z.string() }),
  budget: z.string(),
  repetitions: z.number(),
  /** Names, in the suite's order. */
  tables: z.array(z.string()),
  figures: z.array(z.string()),
  data: z.array(
    z.object({
      name: z.string(),
      sha256: z.string(),
      users: z.number(),
      items: z.number(),
      interactions: z.number(),
      /** Path of its picture without the ending. */
      picture: z.string(),
    }),
  ),
  rows: recordByName(z.looseObject({ settings: z.record(z.string(), z.unknown()) })),
  failures: z.array(z.object({ data: z.string(), row: z.string(), repetition: z.number(), reason: z.string() })),
  /** Hashes of tables, figures and trials, by path; runs of version 0.5 have none. */
  files: recordByName(z.string()).optional(),
});

export type RunManifest = z.infer<typeof manifestSchema>;

/** A picture of data, with what it says in words. */
export interface DataPicture {
  readonly name: string;
  readonly description: readonly string[];
  readonly svg: string;
}

/** What a run folder holds. */
export interface RunFolder {
  readonly manifest: RunManifest;
  readonly tables: readonly NamedTable[];
  readonly figures: readonly (NamedFigure & { readonly svg: string })[];
  readonly data: readonly DataPicture[];
  readonly trials: readonly ShownTrial[];
  readonly sessions: readonly Session[];
}

/** Reads a finished run. Throws UserError where the folder is not one, or a file of it cannot be read. */
export async function readRun(path: string): Promise<RunFolder> {
  const file = join(path, 'manifest.json');
  if (!existsSync(file)) {
    const isPartial = existsSync(`${path}.partial`);
    throw new UserError(
      isPartial
        ? `the run "${path}" is not finished: start its command again, and it goes on`
        : `"${path}" is not a run: expected a folder written by "expobench sweep"`,
    );
  }
  refuseOther(path, 'a run, a folder written by "expobench sweep"');
  const parsed = manifestSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `"${file}", ${issue?.path.join('.')}: ${issue?.message}; expected the manifest of a run of this version: run it again`,
    );
  }
  const manifest = parsed.data;
  const { tables } = await readTables(path);
  await checkResults(path, manifest.files);
  const read = (name: string): { json: unknown; svg: string } => ({
    json: readJson(join(path, `${name}.json`)),
    svg: readFileSync(join(path, `${name}.svg`), 'utf8'),
  });
  return {
    manifest,
    tables: manifest.tables.flatMap((name) => {
      const table = tables.get(name);
      return table ? [{ name, table }] : [];
    }),
    figures: manifest.figures.map((name) => {
      const { json, svg } = read(`figures/${name}`);
      return { name, figure: json as Figure, svg };
    }),
    data: manifest.data.map(({ picture }) => {
      const { json, svg } = read(picture);
      return { ...(json as Omit<DataPicture, 'svg'>), svg };
    }),
    trials: readFileSync(join(path, 'trials.ndjson'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line, l) => readTrial(line, `"${join(path, 'trials.ndjson')}", line ${l + 1}`)),
    sessions: readSessions(join(path, 'environment.json')),
  };
}

/** Throws UserError, naming the file, where a result of a run is missing or is not what its manifest says. */
async function checkResults(path: string, files: FileHashes | undefined): Promise<void> {
  for (const name of Object.keys(files ?? {})) await checkedFile(path, name, files as FileHashes);
}

/** A trial's line. Throws UserError, saying where, for one that is none, or was changed since it was written. */
function readTrial(line: string, where: string): ShownTrial {
  const mistake = new UserError(
    `${where}: not a trial as this program wrote it; "expobench sweep" with the same --out and --retry-failed runs it again`,
  );
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw mistake;
  }
  const { sum, ...rest } = value as { readonly sum?: unknown }; // lines of version 0.5 have no checksum
  const trial = shownTrial(rest);
  if (!trial || (sum !== undefined && sum !== lineSum(rest))) throw mistake;
  return trial;
}

/** Sessions as environment.json tells them; none where there is no such file, or a power cut tore it: no result rests on them. */
export function readSessions(path: string): Session[] {
  const parsed = z.array(z.looseObject({ program: z.string(), started: z.string() })).safeParse(readState(path));
  return parsed.success ? (parsed.data as unknown as Session[]) : [];
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`"${path}" is not JSON: expected a file that expobench wrote`);
  }
}
