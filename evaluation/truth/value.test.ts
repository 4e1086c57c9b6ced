import { describe, expect, test } from '@jest/globals';
import { type UserItems, userItems } from '../../datasets/interactions.js';
import { openSplit } from '../../datasets/open.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../../datasets/planted.js';
import { normalTail, plantedRelevance, plantedTruth, type RelevanceTruth } from '../../simulator/truth.js';
import { ANCHORS, anchorsOf, judgedUsers, shareOf } from './anchors.js';
import { BestItems } from './lists.js';
import { ListValues, PAGES } from './value.js';

const [USERS, ITEMS] = [40, 60];

/** A number in [0, 1) that belongs to a pair, by the last steps of MurmurHash3. */
function mixed(user: number, item: number, salt: number): number {
  let h = Math.imul(user + 1, 0x9e3779b1) ^ Math.imul(item + 1, 0x85ebca77) ^ Math.imul(salt + 1, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** Relevance of which a part is learnable: what five kinds of users like, and the item; the rest is the chance of the pair. */
const learnable = (user: number, item: number): number =>
  0.5 * mixed(user % 5, item, 1) + 0.2 * mixed(0, item, 2) + 0.1;
const relevance = (user: number, item: number): number =>
  Math.fround(Math.min(1, learnable(user, item) * (0.6 + 0.4 * mixed(user, item, 3))));
const rowOf = (of: (user: number, item: number) => number, user: number): Float32Array =>
  Float32Array.from({ length: ITEMS }, (_, item) => of(user, item));
const truth: RelevanceTruth = {
  users: USERS,
  items: ITEMS,
  relevanceRow: (user) => rowOf(relevance, user),
  relevanceOf: (user, items) => Float32Array.from(items, (item) => relevance(user, item)),
  learnableRow: (user) => rowOf(learnable, user),
};
const isHad = (user: number, item: number): boolean => mixed(user, item, 4) < 0.3;
const pairs = Array.from({ length: USERS * ITEMS }, (_, p) => [Math.floor(p / ITEMS), p % ITEMS] as const).filter(
  ([user, item]) => isHad(user, item),
);
const had: UserItems = userItems({
  user: Int32Array.from(pairs, ([user]) => user),
  item: Int32Array.from(pairs, ([, item]) => item),
  userIds: new Array<string>(USERS).fill(''),
  itemIds: new Array<string>(ITEMS).fill(''),
});
const everybody = judgedUsers(truth, 1);

/** value@k by its definition: everything sorted. */
function valueBySorting(scores: (user: number, item: number) => number, k: number): { value: number; ndcg: number } {
  let [value, ndcg] = [0, 0];
  for (let user = 0; user < USERS; user++) {
    const [own, gains] = [rowOf(scores, user), rowOf(relevance, user)];
    const others = Array.from({ length: ITEMS }, (_, item) => item).filter((item) => !isHad(user, item));
    const first = (by: Float32Array): number[] =>
      others.toSorted((a, b) => (by[b] as number) - (by[a] as number) || a - b).slice(0, k);
    const gain = (list: readonly number[]): number =>
      list.reduce((sum, item, place) => sum + (gains[item] as number) / Math.log2(place + 2), 0);
    const page = first(own);
    value += page.reduce((sum, item) => sum + (gains[item] as number), 0) / page.length;
    ndcg += gain(page) / gain(first(gains));
  }
  return { value: value / USERS, ndcg: ndcg / USERS };
}

describe('value of lists', () => {
  const anchors = anchorsOf(truth, had, everybody);

  test('of any ranker it is that of the definition, for every page', () => {
    const scores = (user: number, item: number): number => Math.fround(Math.round(20 * mixed(user, item, 5)) / 20);
    const lists = new ListValues(anchors.judged);
    for (const user of everybody) lists.read(user, rowOf(scores, user));
    for (const k of PAGES) {
      const wanted = valueBySorting(scores, k);
      expect(lists.means[`value@${k}`]).toBeCloseTo(wanted.value, 7);
      expect(lists.means[`rndcg@${k}`]).toBeCloseTo(wanted.ndcg, 6);
    }
  });

  test('anchors are the values of their rankers, and lie in order', () => {
    expect(anchors.means.ideal['value@10']).toBeCloseTo(valueBySorting(relevance, 10).value, 7);
    expect(anchors.means.learnable['value@10']).toBeCloseTo(valueBySorting(learnable, 10).value, 7);
    expect(anchors.means.ideal['rndcg@10']).toBe(1);
    for (const k of PAGES) {
      const values = ANCHORS.map((name) => anchors.means[name][`value@${k}`] as number);
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
  });

  test('random is the mean over many shuffled rankings, within five standard errors', () => {
    const drawn = Array.from({ length: 80 }, (_, shuffle) => valueBySorting((u, i) => mixed(u, i, 100 + shuffle), 10));
    for (const [name, pick] of [
      ['value@10', (one: { value: number }) => one.value],
      ['rndcg@10', (one: { ndcg: number }) => one.ndcg],
    ] as const) {
      const values = drawn.map(pick as (one: { value: number; ndcg: number }) => number);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
      expect(Math.abs((anchors.means.random[name] as number) - mean)).toBeLessThan(
        5 * Math.sqrt(variance / values.length),
      );
    }
  });

  test('share is 0 at random, 1 at what can be learned', () => {
    const half = ((anchors.means.random['value@10'] as number) + (anchors.means.learnable['value@10'] as number)) / 2;
    expect(shareOf(half, 'value@10', anchors)).toBeCloseTo(0.5, 12);
    expect(shareOf(anchors.means.learnable['value@10'] as number, 'value@10', anchors)).toBe(1);
    expect(shareOf(anchors.means.random['value@10'] as number, 'value@10', anchors)).toBe(0);
  });

  test('a user who had nearly everything is shown what is left', () => {
    const small = {
      ...had,
      starts: had.starts.slice(),
      items: Int32Array.from({ length: ITEMS - 3 }, (_, item) => item),
    };
    small.starts.fill(ITEMS - 3);
    small.starts[0] = 0;
    const best = new BestItems(10, small);
    expect([...best.of(0, rowOf(relevance, 0))].sort()).toEqual([ITEMS - 3, ITEMS - 2, ITEMS - 1]);
  });

  test('of a world with too many pairs a sample of the users is judged, the same for a seed', () => {
    const sample = judgedUsers({ users: 5000, items: 100 }, 7, 100 * 200);
    expect(sample.length).toBe(200);
    expect(new Set(sample).size).toBe(200);
    expect(sample).toEqual(judgedUsers({ users: 5000, items: 100 }, 7, 100 * 200));
    expect(sample).not.toEqual(judgedUsers({ users: 5000, items: 100 }, 8, 100 * 200));
  });
});

describe('the planted world as a truth', () => {
  test('the normal tail is that of tables', () => {
    // 1 - pnorm(z) of R.
    for (const [z, p] of [
      [0, 0.5],
      [1, 0.158655253931457],
      [-1.5, 0.933192798731142],
      [3, 0.00134989803163009],
    ] as const)
      expect(normalTail(z)).toBeCloseTo(p, 6);
  });

  test('is found for the users and items that a filter left', async () => {
    const options = { ...PLANTED_DEFAULTS, users: 60, items: 80, ratingsPerUser: 4 };
    const { truth } = plantedRatings(options);
    const whole = plantedRelevance(truth, options);
    const data = await openSplit('planted', {}, options);
    expect(data.userIds.length).toBeLessThan(options.users);
    const left = plantedTruth(options, data);
    const original = (id: string): number => Number(id.slice(1));
    data.userIds.forEach((id, user) => {
      const row = whole.relevanceRow(original(id));
      expect(left.relevanceRow(user)).toEqual(Float32Array.from(data.itemIds, (item) => row[original(item)] as number));
    });
  });

  test('a rating of at least 4 comes as often as it says, within five standard errors', () => {
    const options = { users: 300, items: 200, ratingsPerUser: 60, rank: 4, attraction: 1.2, seed: 3 };
    const { data, truth: planted } = plantedRatings(options);
    const world = plantedRelevance(planted, options);
    let [liked, expected, variance] = [0, 0, 0];
    data.user.forEach((user, row) => {
      const [p = 0] = world.relevanceOf(user, Int32Array.of(data.item[row] as number));
      expected += p;
      variance += p * (1 - p);
      if ((data.rating?.[row] as number) >= 4) liked++;
    });
    expect(Math.abs(liked - expected)).toBeLessThan(5 * Math.sqrt(variance));
  });
});
