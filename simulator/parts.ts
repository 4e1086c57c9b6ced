import { copyFileSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SPLITS } from '../datasets/interactions.js';
import { batchesOf, type Columns, notesOf, TableWriter } from '../support/arrow.js';
import type { TableNotes } from '../support/arrow_writer.js';
import { isIntact } from '../support/contents.js';
import { flush, writeDurably } from '../support/durable.js';
import { hashFile } from '../support/hash.js';
import { makeFolder } from '../support/make_folder.js';
import type { OutputFolder } from '../support/output.js';
import { type DrawnSums, type Draws, shardUsers, type UserRange } from './draws.js';
import type { DrawnBlock } from './tasks.js';
import type { WorldState } from './world_state.js';

/** What was drawn for a part of the users. */
export interface PartSummary extends DrawnSums {
  /** Clicks of each part of the split. */
  readonly splits: readonly number[];
  /** Users with clicks, but too few to leave two out. */
  readonly shortUsers: number;
}

const CLICKS = 'clicks.arrow';
const EXPOSURES = 'exposures.arrow';
/** Says that a part is done, and what it holds. */
const PART = 'part.json';

/** Draws the final clicks of some users into clicks.arrow of a folder and, where asked, exposures.arrow. */
export async function drawPart(
  drawing: Draws,
  state: WorldState,
  notes: TableNotes,
  folder: string,
  exposures: boolean,
  users?: UserRange,
  label?: string,
): Promise<PartSummary> {
  const writer = new PartWriter(folder, exposures, notes);
  const sums = await drawing.draw(state, 2, (block) => writer.add(block), users, label);
  await writer.close();
  return { ...sums, splits: writer.splits, shortUsers: writer.shortUsers };
}

export const partSummarySchema = z.object({
  exposures: z.number(),
  clicks: z.number(),
  capped: z.number(),
  splits: z.array(z.number()).length(SPLITS.length).readonly(),
  shortUsers: z.number(),
});

/** What part.json says of a part that is done. */
const partSchema = z.object({
  drawn: partSummarySchema,
  /** Hashes of its tables. */
  files: z.record(z.string(), z.string()),
});
type Part = z.infer<typeof partSchema>;

/** The tables of a part, as bytes, where it was drawn elsewhere. */
export interface DrawnPart {
  readonly drawn: PartSummary;
  readonly clicks: Uint8Array;
  readonly exposures?: Uint8Array | undefined;
}

/** Draws the parts of those numbers, from 1, elsewhere, and hands over each as it comes. */
export type PartDrawer = (
  state: WorldState,
  numbers: readonly number[],
  keep: (number: number, part: DrawnPart) => Promise<void>,
) => Promise<void>;

export interface PartOptions {
  readonly exposures: boolean;
  /** How many parts there are. */
  readonly count: number;
}

const tablesOf = ({ exposures }: Pick<PartOptions, 'exposures'>): string[] =>
  exposures ? [CLICKS, EXPOSURES] : [CLICKS];

/** Says what a folder holds, the tables of a part that was drawn into it. */
async function finishPart(path: string, drawn: PartSummary, options: Pick<PartOptions, 'exposures'>): Promise<void> {
  const files: Record<string, string> = {};
  for (const name of tablesOf(options)) {
    flush(join(path, name));
    files[name] = await hashFile(join(path, name));
  }
  writeDurably(join(path, PART), JSON.stringify({ drawn, files } satisfies Part));
}

function emptyPart(path: string): void {
  rmSync(path, { recursive: true, force: true });
  makeFolder(path);
}

/** Draws a part into a folder of its own, unless it is there and whole. */
export async function drawKept(
  drawing: Draws,
  state: WorldState,
  notes: TableNotes,
  path: string,
  number: number,
  options: PartOptions,
): Promise<PartSummary> {
  const { exposures, count } = options;
  const part = await donePart(path, tablesOf(options));
  if (part) return part.drawn;
  emptyPart(path);
  const users = shardUsers(state, number, count);
  const drawn = await drawPart(drawing, state, notes, path, exposures, users, `drawing part ${number} of ${count}`);
  await finishPart(path, drawn, options);
  return drawn;
}

/** Numbers of the parts that are not done. */
export async function missingParts(pathOf: (number: number) => string, options: PartOptions): Promise<number[]> {
  const missing: number[] = [];
  for (let number = 1; number <= options.count; number++)
    if (!(await donePart(pathOf(number), tablesOf(options)))) missing.push(number);
  return missing;
}

/**
 * The same in parts, each kept as it is done: what a stopped run left is not drawn again, unless it is damaged. `elsewhere` draws what is missing,
 * where it is given. At the end the parts are joined, or, `partitioned`, lie in clicks/ and exposures/ side by side.
 */
export async function drawInParts(
  drawing: Draws,
  state: WorldState,
  notes: TableNotes,
  folder: OutputFolder,
  options: PartOptions & { readonly partitioned: boolean; readonly elsewhere?: PartDrawer | undefined },
): Promise<PartSummary> {
  const { count, partitioned, elsewhere } = options;
  const pathOf = (number: number): string => folder.state(join('parts', String(number)));
  const missing = elsewhere ? await missingParts(pathOf, options) : [];
  if (missing.length > 0)
    await elsewhere?.(state, missing, async (number, { drawn, clicks, exposures }) => {
      const path = pathOf(number);
      emptyPart(path);
      writeFileSync(join(path, CLICKS), clicks);
      if (exposures) writeFileSync(join(path, EXPOSURES), exposures);
      await finishPart(path, drawn, options);
    });
  const paths: string[] = [];
  const summaries: PartSummary[] = [];
  for (let number = 1; number <= count; number++) {
    paths.push(pathOf(number));
    summaries.push(await drawKept(drawing, state, notes, pathOf(number), number, options));
  }
  if (partitioned) layTables(paths, tablesOf(options), folder);
  else await joinTables(paths, folder);
  return sumOf(summaries);
}

/** What was drawn in a part that is done and whole. */
async function donePart(path: string, tables: readonly string[]): Promise<Part | undefined> {
  const file = join(path, PART);
  if (!existsSync(file)) return undefined;
  let part: Part;
  try {
    part = partSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
  for (const name of tables) if (!(await isIntact(join(path, name), part.files[name]))) return undefined;
  return part;
}

/** Gives the tables of parts a second name, in one folder a table: clicks/part-01.arrow and so on. The first one goes when the folder is complete. */
function layTables(parts: readonly string[], tables: readonly string[], folder: OutputFolder): void {
  const digits = String(parts.length).length;
  for (const name of tables) {
    folder.remove(name.replace('.arrow', ''));
    parts.forEach((part, p) => {
      const to = folder.file(`${name.replace('.arrow', '')}/part-${String(p + 1).padStart(digits, '0')}.arrow`);
      try {
        linkSync(join(part, name), to);
      } catch {
        copyFileSync(join(part, name), to); // a disk without links
      }
    });
  }
}

/** Joins the tables of parts, which lie in the order of their users: the same bytes as if they had been drawn together. */
export async function joinTables(parts: readonly string[], folder: OutputFolder): Promise<void> {
  for (const name of [CLICKS, EXPOSURES]) {
    if (!parts.every((part) => existsSync(join(part, name)))) continue;
    const writer = new TableWriter(folder.file(name), await notesOf(join(parts[0] as string, name)));
    for (const part of parts) for await (const batch of batchesOf(join(part, name))) await writer.append(batch);
    await writer.close();
  }
}

export function sumOf(parts: readonly PartSummary[]): PartSummary {
  const sum = (pick: (part: PartSummary) => number): number => parts.reduce((all, part) => all + pick(part), 0);
  return {
    exposures: sum(({ exposures }) => exposures),
    clicks: sum(({ clicks }) => clicks),
    capped: sum(({ capped }) => capped),
    splits: SPLITS.map((_, code) => sum(({ splits }) => splits[code] as number)),
    shortUsers: sum(({ shortUsers }) => shortUsers),
  };
}

/** Streams clicks, and exposures where asked, to Arrow files. */
class PartWriter {
  readonly splits = [0, 0, 0];
  shortUsers = 0;
  private readonly clicks: TableWriter;
  private readonly exposures: TableWriter | undefined;

  constructor(folder: string, exposures: boolean, notes: TableNotes) {
    this.clicks = new TableWriter(join(folder, CLICKS), notes);
    this.exposures = exposures ? new TableWriter(join(folder, EXPOSURES), notes) : undefined;
  }

  async add(block: DrawnBlock): Promise<void> {
    this.shortUsers += block.shortUsers;
    block.split.forEach((code, row) => {
      if (block.clicked[row] === 1) (this.splits[code] as number)++;
    });
    const columns = (keep: (row: number) => boolean): Columns => ({
      user: { kind: 'int32', values: block.user.filter((_, row) => keep(row)) },
      item: { kind: 'int32', values: block.item.filter((_, row) => keep(row)) },
      time: { kind: 'seconds', values: block.time.filter((_, row) => keep(row)), fine: block.fine },
      p_relevance: { kind: 'float32', values: block.relevance.filter((_, row) => keep(row)) },
      p_exposure: { kind: 'float32', values: block.exposure.filter((_, row) => keep(row)) },
    });
    const isClick = (row: number): boolean => block.clicked[row] === 1;
    await this.clicks.append({
      ...columns(isClick),
      split: { kind: 'names', values: block.split.filter((_, row) => isClick(row)), names: SPLITS },
    });
    await this.exposures?.append({
      ...columns(() => true),
      clicked: { kind: 'boolean', values: block.clicked },
    });
  }

  async close(): Promise<void> {
    await this.clicks.close();
    await this.exposures?.close();
  }
}
