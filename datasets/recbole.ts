import type { OutputFolder } from '../support/output.js';
import { type Interactions, rowsWhere, SPLITS } from './interactions.js';

/** Names of RecBole's parts, in the order of `SPLITS`. */
const PARTS = ['train', 'valid', 'test'];

/**
 * Writes RecBole's atomic files: NAME.inter with all interactions and, where the data is split, NAME.train.inter, NAME.valid.inter and
 * NAME.test.inter, which RecBole takes by `benchmark_filename: [train, valid, test]`. Returns their names.
 */
export function writeRecBole(folder: OutputFolder, name: string, data: Interactions): string[] {
  const { split } = data;
  const written = [`${name}.inter`];
  folder.write(
    `${name}.inter`,
    interOf(data, () => true),
  );
  if (!split) return written;
  SPLITS.forEach((_, code) => {
    const file = `${name}.${PARTS[code]}.inter`;
    folder.write(
      file,
      interOf(data, (row) => split[row] === code),
    );
    written.push(file);
  });
  return written;
}

/** One atomic file: a header of names with types, then a line an interaction, separated by tabs. */
function interOf({ userIds, itemIds, user, item, rating, time }: Interactions, keep: (row: number) => boolean): string {
  const head = [
    'user_id:token',
    'item_id:token',
    ...(rating ? ['rating:float'] : []),
    ...(time ? ['timestamp:float'] : []),
  ];
  const clean = (id: string): string => id.replace(/[\t\r\n]/g, ' ');
  const lines = Array.from(rowsWhere(user.length, keep), (row) => {
    const cells: (string | number)[] = [
      clean(userIds[user[row] as number] as string),
      clean(itemIds[item[row] as number] as string),
    ];
    if (rating) cells.push(rating[row] as number);
    if (time) cells.push(time[row] as number);
    return cells.join('\t');
  });
  return `${[head.join('\t'), ...lines].join('\n')}\n`;
}
