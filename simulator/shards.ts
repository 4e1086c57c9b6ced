import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SPLITS } from '../datasets/interactions.js';
import { notesFor } from '../datasets/notes.js';
import { type TableFormat, writeParquetBeside } from '../datasets/parquet_tables.js';
import { readManifest } from '../datasets/store.js';
import { filesOf, notesOf } from '../support/arrow.js';
import { checkedFile, checkedIfThere } from '../support/contents.js';
import { UserError } from '../support/errors.js';
import { checkLimit } from '../support/limits.js';
import type { OutputFolder } from '../support/output.js';
import type { Progress } from '../support/progress.js';
import { PROGRAM } from '../support/version.js';
import { Drawing } from './drawing.js';
import { shardUsers } from './draws.js';
import { drawPart, joinTables, type PartSummary, sumOf } from './parts.js';
import { type SimulationSummary, writeManifest } from './simulate.js';
import { readWorld, WORLD_FILES } from './world_files.js';

/** One of several parts of the users, from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

const shardSchema = z.object({
  kind: z.literal('shard'),
  program: z.looseObject({ name: z.string(), version: z.string() }),
  /** SHA-256 of what the draws depend on. */
  world: z.string(),
  index: z.number().int(),
  of: z.number().int(),
  exposures: z.boolean(),
  /** Hashes of its tables. */
  files: z.record(z.string(), z.string()),
  drawn: z.object({
    exposures: z.number(),
    clicks: z.number(),
    capped: z.number(),
    splits: z.array(z.number()).readonly(),
    shortUsers: z.number(),
  }),
});
type ShardManifest = z.infer<typeof shardSchema>;

/** Reads "2/8". Throws UserError for anything else. */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (index === undefined || !(shard.index >= 1 && shard.index <= shard.of))
    throw new UserError(`--shard "${text}" is not understood: write I/N with I from 1 to N, e.g. 2/8`);
  checkLimit('shards', shard.of, `--shard ${text}`);
  return shard;
}

/** SHA-256 of a world, each file held against the folder's manifest. */
async function hashWorld(path: string): Promise<string> {
  const { files } = readManifest(path);
  const hash = createHash('sha256');
  for (const name of WORLD_FILES) {
    const file = await checkedIfThere(path, name, files);
    hash.update(file === undefined ? 'none' : readFileSync(file));
  }
  return hash.digest('hex');
}

/** Draws the final clicks of one shard of a simulated folder's users, into a folder of its own. */
export async function drawShard(
  path: string,
  { index, of }: Shard,
  exposures: boolean,
  workers: number | undefined,
  folder: OutputFolder,
  progress: Progress,
): Promise<PartSummary> {
  const { state } = await readWorld(path);
  const drawing = new Drawing(workers, progress);
  try {
    const users = shardUsers(state, index, of);
    const { data = '' } = await notesOf(filesOf(path, 'clicks')[0] as string);
    const label = `drawing shard ${index} of ${of}`;
    const drawn = await drawPart(drawing, state, notesFor(data), folder.partial, exposures, users, label);
    const files = await folder.hashes();
    const world = await hashWorld(path);
    const manifest: ShardManifest = { kind: 'shard', program: PROGRAM, world, index, of, exposures, drawn, files };
    folder.writeJson('manifest.json', manifest);
    return drawn;
  } finally {
    await drawing.close();
  }
}

/**
 * Joins all shards of a world to the simulated folder that one draw would have given, byte for byte. Throws UserError where one is missing, is
 * there twice, or is of another world. `parquet` writes each table as Parquet, too.
 */
export async function joinShards(
  path: string,
  parts: readonly string[],
  folder: OutputFolder,
  format: TableFormat = 'arrow',
): Promise<SimulationSummary> {
  const world = await hashWorld(path);
  const shards = parts.map((part) => ({ part, manifest: readShard(part) }));
  shards.sort((a, b) => a.manifest.index - b.manifest.index);
  const { of } = (shards[0] as (typeof shards)[number]).manifest;
  for (const { part, manifest } of shards) {
    if (manifest.world !== world) throw new UserError(`"${part}" was drawn from another world than "${path}"`);
    if (manifest.of !== of) throw new UserError(`"${part}" is one of ${manifest.of} shards, and others are of ${of}`);
  }
  const given = shards.map(({ manifest }) => manifest.index);
  const wanted = Array.from({ length: of }, (_, k) => k + 1);
  const missing = wanted.filter((index) => !given.includes(index));
  if (missing.length > 0) throw new UserError(`shards ${missing.join(', ')} of ${of} are missing`);
  const twice = given.find((index, k) => given.indexOf(index) !== k);
  if (twice !== undefined) throw new UserError(`shard ${twice} of ${of} is there twice`);
  for (const { part, manifest } of shards)
    for (const name of Object.keys(manifest.files)) await checkedFile(part, name, manifest.files);
  const withoutExposures = shards.find(({ manifest }) => !manifest.exposures);
  if (withoutExposures && shards.some(({ manifest }) => manifest.exposures))
    throw new UserError(
      `"${withoutExposures.part}" was drawn without --exposures, and others with them: draw all alike`,
    );
  await joinTables(
    shards.map(({ part }) => part),
    folder,
  );
  return finish(path, sumOf(shards.map(({ manifest }) => manifest.drawn)), folder, format);
}

function readShard(part: string): ShardManifest {
  const file = join(part, 'manifest.json');
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new UserError(`"${part}" is not a shard: expected a folder made with --shard`);
  }
  const parsed = shardSchema.safeParse(manifest);
  if (parsed.success && parsed.data.files['clicks.arrow'] !== undefined) return parsed.data;
  throw new UserError(
    (manifest as { kind?: unknown } | null)?.kind === 'shard'
      ? `"${file}" lacks the hash of clicks.arrow, or is of another version: draw the shard again`
      : `"${part}" is not a shard: expected a folder made with --shard`,
  );
}

/** Copies the world and ids, and writes the manifest with what was drawn. */
async function finish(
  path: string,
  drawn: PartSummary,
  folder: OutputFolder,
  format: TableFormat,
): Promise<SimulationSummary> {
  const { name, files, ...rest } = readManifest(path);
  for (const file of ['users.arrow', 'items.arrow', ...WORLD_FILES]) {
    const checked = await checkedIfThere(path, file, files);
    if (checked !== undefined) copyFileSync(checked, folder.file(file));
  }
  const { inputs, origin, config, summary } = rest as unknown as {
    inputs: unknown;
    origin: unknown;
    config: Parameters<typeof writeManifest>[1]['config'];
    summary: SimulationSummary;
  };
  const { exposures, clicks, capped } = drawn;
  const { users, items, second } = summary;
  const whole: SimulationSummary = {
    ...summary,
    second: { ...second, exposures, clicks, cappedShare: capped / (users * items) },
    splits: Object.fromEntries(SPLITS.map((split, code) => [split, drawn.splits[code] as number])),
    shortUsers: drawn.shortUsers,
  };
  if (format === 'parquet') await writeParquetBeside(folder);
  await writeManifest(folder, { name, inputs, origin, config, summary: whole });
  return whole;
}
