import { z } from 'zod';
import { UserError } from '../../support/errors.js';
import { byItem, defineExposure, type FeatureReaders, featuresIn } from './exposure.js';

/** e = strength times how new the item is, in standard deviations from the mean of all items' dates. */
export const recency = defineExposure({
  name: 'recency',
  summary:
    'strength x (date - mean) / sd of items: new ones are shown more (strength > 0) or less (< 0); dates or numbers of --item-features, "column" says which',
  settings: z.object({ strength: z.number().default(0.5), column: z.string().min(1).optional() }),
  isBounded: () => true,
  seesFeatures: () => true,
  check: ({ column }, world) => void newness(featuresIn(world), column),
  create: (context, { strength, column }) =>
    byItem(
      context,
      newness(featuresIn(context), column).map((value) => strength * value),
    ),
});

/** [items]: dates with mean 0 and standard deviation 1. Throws UserError where there are none, or several columns of them. */
function newness({ items }: FeatureReaders, column: string | undefined): Float32Array {
  const name = column ?? onlyDate(items.table.columns.filter(({ kind }) => kind === 'date').map((one) => one.name));
  if (items.kindOf(name) === 'category')
    throw new UserError(
      `recency: "${name}" of items holds texts, not dates or numbers: name another with --set column=NAME`,
    );
  const at = items.valuesOf(name);
  const dates = Float64Array.from(items.ids, (_, item) => at(item) as number);
  const mean = dates.reduce((sum, date) => sum + date, 0) / dates.length;
  const deviation = Math.sqrt(dates.reduce((sum, date) => sum + (date - mean) ** 2, 0) / dates.length) || 1;
  return Float32Array.from(dates, (date) => (date - mean) / deviation);
}

function onlyDate(names: readonly string[]): string {
  if (names.length === 1) return names[0] as string;
  throw new UserError(
    names.length === 0
      ? 'recency needs a column of dates of items: give it with --item-features FILE, or name a column of numbers, such as years, with --set column=NAME'
      : `recency: items have ${names.length} columns of dates (${names.join(', ')}): say which with --set column=NAME`,
  );
}
