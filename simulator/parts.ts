import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SPLITS } from '../datasets/interactions.js';
import { batchesOf, type Columns, TableWriter } from '../support/arrow.js';
import type { OutputFolder } from '../support/output.js';
import { type Drawing, type DrawnSums, shardUsers, type UserRange } from './drawing.js';
import type { DrawnBlock } from './worker.js';
import type { WorldState } from './world.js';

/** What was drawn for a part of the users. */
export interface PartSummary extends DrawnSums {
  /** Clicks of each part of the split. */
  readonly splits: readonly number[];
  /** Users with clicks, but too few to leave two out. */
  readonly shortUsers: number;
}

const CLICKS = 'clicks.arrow';
const EXPOSURES = 'exposures.arrow';

/** Draws the final clicks of some users into clicks.arrow of a folder and, where asked, exposures.arrow. */
export async function drawPart(
  drawing: Drawing,
  state: WorldState,
  folder: string,
  exposures: boolean,
  users?: UserRange,
  label?: string,
): Promise<PartSummary> {
  const writer = new PartWriter(folder, exposures);
  const sums = await drawing.draw(state, 2, (block) => writer.add(block), users, label);
  await writer.close();
  return { ...sums, splits: writer.splits, shortUsers: writer.shortUsers };
}

/**
 * The same in parts, each kept as it is done: what a stopped run left is not drawn again. At the end the parts are joined, or, `partitioned`, lie
 * in clicks/ and exposures/ side by side.
 */
export async function drawInParts(
  drawing: Drawing,
  state: WorldState,
  folder: OutputFolder,
  exposures: boolean,
  count: number,
  partitioned: boolean,
): Promise<PartSummary> {
  const place = folder.file('parts');
  mkdirSync(place, { recursive: true });
  const [paths, summaries]: [string[], PartSummary[]] = [[], []];
  for (let part = 1; part <= count; part++) {
    const path = join(place, String(part));
    if (!existsSync(path)) {
      const partial = `${path}.partial`;
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(partial);
      const users = shardUsers(state, part, count);
      const summary = await drawPart(drawing, state, partial, exposures, users, `drawing part ${part} of ${count}`);
      writeFileSync(join(partial, 'part.json'), JSON.stringify(summary));
      renameSync(partial, path);
    }
    paths.push(path);
    summaries.push(JSON.parse(readFileSync(join(path, 'part.json'), 'utf8')) as PartSummary);
  }
  if (partitioned) layTables(paths, folder);
  else await joinTables(paths, folder);
  folder.remove('parts');
  return sumOf(summaries);
}

/** Moves the tables of parts to one folder a table: clicks/part-01.arrow and so on. */
function layTables(parts: readonly string[], folder: OutputFolder): void {
  const digits = String(parts.length).length;
  for (const name of [CLICKS, EXPOSURES]) {
    parts.forEach((part, p) => {
      const table = join(part, name);
      const to = `${name.replace('.arrow', '')}/part-${String(p + 1).padStart(digits, '0')}.arrow`;
      if (existsSync(table)) renameSync(table, folder.file(to));
    });
  }
}

/** Joins the tables of parts, which lie in the order of their users: the same bytes as if they had been drawn together. */
export async function joinTables(parts: readonly string[], folder: OutputFolder): Promise<void> {
  for (const name of [CLICKS, EXPOSURES]) {
    if (!parts.every((part) => existsSync(join(part, name)))) continue;
    const writer = new TableWriter(folder.file(name));
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

  constructor(folder: string, exposures: boolean) {
    this.clicks = new TableWriter(join(folder, CLICKS));
    this.exposures = exposures ? new TableWriter(join(folder, EXPOSURES)) : undefined;
  }

  async add(block: DrawnBlock): Promise<void> {
    this.shortUsers += block.shortUsers;
    block.split.forEach((code, row) => {
      if (block.clicked[row] === 1) (this.splits[code] as number)++;
    });
    const columns = (keep: (row: number) => boolean): Columns => ({
      user: { kind: 'int32', values: block.user.filter((_, row) => keep(row)) },
      item: { kind: 'int32', values: block.item.filter((_, row) => keep(row)) },
      time: { kind: 'seconds', values: block.time.filter((_, row) => keep(row)) },
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
      clicked: { kind: 'int32', values: Int32Array.from(block.clicked) },
    });
  }

  async close(): Promise<void> {
    await this.clicks.close();
    await this.exposures?.close();
  }
}
