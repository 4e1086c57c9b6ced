import { type Panel, panelPicture } from '../support/panels.js';
import { gini } from '../support/statistics.js';
import { countIds, type Interactions } from './interactions.js';

/** What data looks like, by its counts. */
export interface Profile {
  readonly name: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Share of pairs that interacted. */
  readonly density: number;
  readonly perUser: Spread;
  readonly perItem: Spread;
  /** Inequality of the items' counts. */
  readonly giniItems: number;
}

/** How many interactions each has. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** Counts of a data set's interactions. */
export function profileOf(data: Interactions): Profile {
  const { name, userIds, itemIds, user, item } = data;
  const perItem = countIds(item, itemIds.length);
  return {
    name,
    users: userIds.length,
    items: itemIds.length,
    interactions: user.length,
    density: user.length / (userIds.length * itemIds.length),
    perUser: spreadOf(countIds(user, userIds.length)),
    perItem: spreadOf(perItem),
    giniItems: gini(perItem),
  };
}

/** Least, median and most of counts. */
export function spreadOf(counts: Int32Array): Spread {
  const sorted = counts.slice().sort();
  return { least: sorted[0] ?? 0, median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}

/** The profile in words. */
export function describeProfile(profile: Profile): string {
  const { name, users, items, interactions, density, giniItems } = profile;
  const number = (n: number): string => n.toLocaleString('en');
  const spread = ({ least, median, most }: Spread): string => `least ${least}, median ${median}, most ${most}`;
  return [
    name,
    `  ${number(interactions)} interactions of ${number(users)} users and ${number(items)} items; ${(100 * density).toFixed(2)}% of pairs`,
    `  interactions a user: ${spread(profile.perUser)}`,
    `  interactions an item: ${spread(profile.perItem)}; Gini of items ${giniItems.toFixed(3)}`,
  ].join('\n');
}

const BINS = 40;

/** Popularity of items, activity of users, how unequal items are, and ratings and times where the data has them. */
export function profilePicture(data: Interactions): string {
  const perItem = countIds(data.item, data.itemIds.length);
  const panels: Panel[] = [
    { title: 'Interactions of items, by rank', x: 'rank', type: 'line', logX: true, logY: true, data: ranked(perItem) },
    {
      title: 'Interactions of users, by rank',
      x: 'rank',
      type: 'line',
      logY: true,
      data: ranked(countIds(data.user, data.userIds.length)),
    },
    {
      title: 'Share of interactions of the most popular',
      x: 'share of items',
      type: 'line',
      range: [0, 1],
      data: lorenz(perItem),
    },
  ];
  if (data.rating) {
    panels.push({
      title: 'Percent of interactions by rating',
      x: 'rating',
      ...bars(data.rating),
    });
  }
  if (data.time) {
    const [from, to] = rangeOf(data.time);
    if (from < to) {
      const shares = histogram(data.time, [from, to]);
      panels.push({ title: 'Percent of interactions by time', x: '', type: 'line', time: true, data: shares });
    }
  }
  return panelPicture(data.name, panels);
}

/** Counts from the largest down, by rank from 1; what has none is drawn at a half. */
export function ranked(counts: ArrayLike<number>): [number, number][] {
  return Array.from(counts)
    .sort((a, b) => b - a)
    .map((count, k) => [k + 1, Math.max(count, 0.5)]);
}

/** Share of all that the most popular share of items has. */
function lorenz(counts: Int32Array): [number, number][] {
  const sorted = counts.slice().sort().reverse();
  let sum = 0;
  const total = sorted.reduce((all, count) => all + count, 0);
  const points = Array.from(sorted, (count, k): [number, number] => {
    sum += count;
    return [(k + 1) / sorted.length, sum / total];
  });
  return [[0, 0], ...points];
}

/** Percent of values in equal parts of a range. */
export function histogram(values: ArrayLike<number>, [from, to]: readonly [number, number]): [number, number][] {
  const counts = new Array<number>(BINS).fill(0);
  for (let v = 0; v < values.length; v++) {
    const place = ((values[v] as number) - from) / (to - from);
    (counts[Math.min(BINS - 1, Math.floor(BINS * place))] as number)++;
  }
  return counts.map((count, b) => [from + ((b + 0.5) / BINS) * (to - from), (100 * count) / values.length]);
}

function rangeOf(values: ArrayLike<number>): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let v = 0; v < values.length; v++) {
    [least, most] = [Math.min(least, values[v] as number), Math.max(most, values[v] as number)];
  }
  return [least, most];
}

/** A bar a value where there are few, and steps where there are many. */
function bars(values: Float32Array | Float64Array): Pick<Panel, 'type' | 'data'> {
  const counts = new Map<number, number>();
  for (const value of values) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > BINS) return { type: 'step', data: histogram(values, rangeOf(values)) };
  }
  const data = [...counts].map(([value, count]): [number, number] => [value, (100 * count) / values.length]);
  return { type: 'bar', data: data.sort(([a], [b]) => a - b) };
}
