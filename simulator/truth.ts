import { exp } from '../compute/math.js';
import type { Interactions } from '../datasets/interactions.js';
import { type PlantedOptions, type PlantedTruth, plantedRating } from '../datasets/planted.js';

/**
 * What is known of a world's relevance: what users would click, if it were shown. A simulated world is one; so is the planted one, of which ratings
 * were drawn. Rows are of all items.
 */
export interface RelevanceTruth {
  readonly users: number;
  readonly items: number;
  /** [items]: p_rel(u, i) = P(click | shown). */
  relevanceRow(user: number): Float32Array;
  /** p_rel of listed items alone, in their order: at a cost of the list. */
  relevanceOf(user: number, items: Int32Array): Float32Array;
  /** [items]: scores in the order of relevance as far as it could be learned, which the chance of a single pair cannot. */
  learnableRow(user: number): Float32Array;
}

/** The least rating that says that somebody liked what they saw. */
const LIKED = 4;
/** Standard deviation of the noise on planted ratings, before they are rounded. */
const RATING_NOISE = 0.6;

/** The planted world as its ratings show it: p_rel is the probability that a rating would be at least 4. */
export function plantedRelevance(
  { rating }: Pick<PlantedTruth, 'rating'>,
  { users, items }: Pick<PlantedOptions, 'users' | 'items'>,
): RelevanceTruth {
  const relevance = (user: number, item: number): number =>
    normalTail((LIKED - 0.5 - rating(user, item)) / RATING_NOISE);
  const row = (user: number): Float32Array => Float32Array.from({ length: items }, (_, item) => relevance(user, item));
  return {
    ...{ users, items },
    relevanceRow: row,
    relevanceOf: (user, list) => Float32Array.from(list, (item) => relevance(user, item)),
    // Whatever noise a rating has is in the probability already.
    learnableRow: (user) => Float32Array.from({ length: items }, (_, item) => rating(user, item)),
  };
}

/** The planted world behind ratings that were drawn from it, of which users and items may have been filtered out: ids are "u12" and "i7". */
export function plantedTruth(options: PlantedOptions, { userIds, itemIds }: Interactions): RelevanceTruth {
  const numbers = (ids: readonly string[]): Int32Array => Int32Array.from(ids, (id) => Number(id.slice(1)));
  const [users, items] = [numbers(userIds), numbers(itemIds)];
  const rating = plantedRating(options);
  return plantedRelevance(
    { rating: (user, item) => rating(users[user] as number, items[item] as number) },
    { users: users.length, items: items.length },
  );
}

/** P(Z > z) of the normal distribution, within 8e-8 (Abramowitz and Stegun 1964, 26.2.17), the same to the bit everywhere. */
export function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = 0.3989422804014327 * exp((-z * z) / 2) * polynomial;
  return z >= 0 ? tail : 1 - tail;
}
