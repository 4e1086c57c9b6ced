import { log2 } from '../../compute/math.js';
import type { UserItems } from '../../datasets/interactions.js';
import type { RelevanceTruth } from '../../simulator/truth.js';
import { BestItems } from './lists.js';

/** Lengths of the pages that value is computed for. */
export const PAGES = [5, 10, 20] as const;

/** What every one of some users would get from a list, by "value@10" and "rndcg@10". */
export type UserValues = Readonly<Record<string, Float64Array>>;

export const valueName = (k: number): string => `value@${k}`;
export const relevanceNdcgName = (k: number): string => `rndcg@${k}`;

/** 1 / log2(place + 2) of places from 0. */
export const DISCOUNTS = Float64Array.from({ length: 1024 }, (_, place) => 1 / log2(place + 2));

/** Sums of p_rel along a list, and the same with the discount of each place. */
export function gains(relevance: Float32Array, k: number): { sum: number; discounted: number } {
  let [sum, discounted] = [0, 0];
  for (let place = 0; place < Math.min(k, relevance.length); place++) {
    const p = relevance[place] as number;
    sum += p;
    discounted += p * (DISCOUNTS[place] as number);
  }
  return { sum, discounted };
}

/** The users whose lists are judged, what they had before, and the best that each could get. */
export interface Judged {
  readonly truth: RelevanceTruth;
  /** In the order in which their values lie. */
  readonly users: Int32Array;
  /** What users had in training and validation: it is not shown again. */
  readonly had: UserItems;
  /** Discounted gain of the ideal list, by page, of each of the users. */
  readonly ideal: ReadonlyMap<number, Float64Array>;
}

/**
 * What lists are worth in truth. value@k of a user is the mean p_rel of the k items that a method ranks first among those that the user has in
 * neither training nor validation: the expected click rate of a page of k, if it is shown. No draw comes into it. rndcg@k is the same with
 * the discount 1 / log2(place + 2), relative to the list of the k most relevant ones.
 */
export class ListValues {
  /** Whose lists are asked for. */
  readonly users: Int32Array;
  private readonly best: BestItems;
  private readonly place = new Map<number, number>();
  readonly values: Record<string, Float64Array> = {};

  constructor(private readonly judged: Judged) {
    this.users = judged.users;
    this.best = new BestItems(Math.max(...PAGES), judged.had);
    judged.users.forEach((user, place) => {
      this.place.set(user, place);
    });
    for (const k of PAGES) {
      this.values[valueName(k)] = new Float64Array(judged.users.length);
      this.values[relevanceNdcgName(k)] = new Float64Array(judged.users.length);
    }
  }

  /** Judges a user's list by scores of all items; a user who is not judged is passed over. */
  read(user: number, scores: Float32Array): void {
    const place = this.place.get(user);
    if (place === undefined) return;
    this.take(place, this.judged.truth.relevanceOf(user, this.best.of(user, scores)));
  }

  /** Notes what a list has, best first. */
  private take(place: number, relevance: Float32Array): void {
    for (const k of PAGES) {
      const { sum, discounted } = gains(relevance, k);
      const shown = Math.min(k, relevance.length);
      const ideal = this.judged.ideal.get(k)?.[place] ?? 0;
      (this.values[valueName(k)] as Float64Array)[place] = shown > 0 ? sum / shown : 0;
      (this.values[relevanceNdcgName(k)] as Float64Array)[place] = ideal > 0 ? discounted / ideal : 0;
    }
  }

  /** Means over users. */
  get means(): Record<string, number> {
    return meansOf(this.values);
  }
}

export function meansOf(values: UserValues): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, own]) => [name, own.reduce((sum, value) => sum + value, 0) / own.length]),
  );
}
