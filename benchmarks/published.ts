import { ownEntry } from '../support/record.js';
import type { Summary } from '../support/statistics.js';

/** Published figures as they are written, in percent, by row. */
export type Published = Record<string, Record<string, [number, number]>>;

/** A row's published figures as cells, times `factor`; undefined where there are none. */
export function publishedCells(
  published: Published | undefined,
  label: string,
  factor = 0.01,
): Readonly<Record<string, Summary>> | undefined {
  const own = ownEntry(published, label);
  if (!own) return undefined;
  const cells = Object.entries(own).map(([metric, [mean, sd]]) => {
    const digits = (x: number): number => Number((factor * x).toPrecision(12));
    return [metric, { n: 0, mean: digits(mean), sd: digits(sd) }] as const;
  });
  return Object.fromEntries(cells);
}
