import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Session } from '../support/environment.js';
import { UserError } from '../support/errors.js';
import type { Figure, NamedFigure } from './figure.js';
import { readTables } from './read_tables.js';
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
  rows: z.record(z.string(), z.looseObject({ settings: z.record(z.string(), z.unknown()) })),
  failures: z.array(z.object({ data: z.string(), row: z.string(), repetition: z.number(), reason: z.string() })),
});

export type RunManifest = z.infer<typeof manifestSchema>;

/** What of a trial's line is shown. */
export interface RunTrial {
  readonly data: string;
  readonly row: string;
  /** From 0; absent for a training of a search for settings. */
  readonly repetition?: number | undefined;
  readonly outcome: {
    readonly failure?: string;
    readonly metric?: number;
    readonly result?: {
      readonly standard: Readonly<Record<string, number>>;
      readonly unbiased?: { readonly metrics: Readonly<Record<string, number>> };
      readonly oracle?: Readonly<Record<string, number>>;
      readonly epochs: readonly unknown[];
      readonly bestEpoch?: number;
      readonly exposure?: { readonly collapsed: boolean };
    };
  };
}

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
  readonly trials: readonly RunTrial[];
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
  const parsed = manifestSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      `"${file}", ${issue?.path.join('.')}: ${issue?.message}; expected the manifest of a run of this version: run it again`,
    );
  }
  const manifest = parsed.data;
  const { tables } = await readTables(path);
  const sessions = join(path, 'environment.json');
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
      .map((line) => JSON.parse(line) as RunTrial),
    sessions: existsSync(sessions) ? (readJson(sessions) as Session[]) : [],
  };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UserError(`"${path}" is not JSON: expected a file that expobench wrote`);
  }
}
