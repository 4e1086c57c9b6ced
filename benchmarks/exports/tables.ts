import { type Interactions, SPLITS } from '../../datasets/interactions.js';
import { writeTextTable } from '../../datasets/text_table.js';
import { fileName } from '../../support/names.js';
import type { ExportContext, Exported, ExportFormat } from './export.js';

/** Names of the columns that a program expects. */
interface Names {
  readonly user: string;
  readonly item: string;
  readonly rating: string;
  readonly time: string;
}

const OWN: Names = { user: 'user', item: 'item', rating: 'rating', time: 'time' };

const ownName = ({ name }: Pick<ExportContext, 'name'>, data: Interactions): string => name ?? fileName(data.name);

/** Writes interactions by id, with the part of the split that each is in. */
async function writeInteractions(context: ExportContext, ending: 'csv' | 'parquet', names: Names): Promise<Exported> {
  const data = await context.data();
  const { user, item, rating, time, split, userIds, itemIds } = data;
  const file = `${ownName(context, data)}.${ending}`;
  await writeTextTable(context.folder.file(file), user.length, {
    [names.user]: { type: 'VARCHAR', of: (row) => userIds[user[row] as number] as string },
    [names.item]: { type: 'VARCHAR', of: (row) => itemIds[item[row] as number] as string },
    ...(rating && { [names.rating]: { type: 'DOUBLE', of: (row: number) => Number(rating[row]) } }),
    ...(time && { [names.time]: { type: 'DOUBLE', of: (row: number) => Number(time[row]) } }),
    ...(split && { split: { type: 'VARCHAR', of: (row: number) => SPLITS[split[row] as number] as string } }),
  });
  return { files: [file], notes: [] };
}

export const csv: ExportFormat = {
  name: 'csv',
  summary: 'one table of user, item, rating, time (seconds since 1970) and split',
  write: (context) => writeInteractions(context, 'csv', OWN),
};

export const parquet: ExportFormat = {
  name: 'parquet',
  summary: 'the same as Parquet',
  write: (context) => writeInteractions(context, 'parquet', OWN),
};

export const lenskit: ExportFormat = {
  name: 'lenskit',
  summary: 'the same with the names of LensKit 2025: user_id, item_id, rating, timestamp',
  write: (context) =>
    writeInteractions(context, 'parquet', {
      ...{ user: 'user_id', item: 'item_id', rating: 'rating', time: 'timestamp' },
    }),
};
