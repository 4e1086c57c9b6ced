import { describe, expect, test } from '@jest/globals';
import { interactionsOf, type Row } from '../datasets/rows.js';
import { simulateInMemory } from '../simulator/in_memory.js';
import { compare, evaluateScores } from './in_memory.js';
import { choicesOf } from './settings.js';
import { runTrial } from './trial.js';

const rows: Row[] = Array.from({ length: 1500 }, (_, r) => ({
  ...{ user: `u${r % 60}`, item: (r * r) % 37 },
  ...{ rating: 1 + ((r * 7) % 5), time: 1e9 + r },
}));
const small = { dim: 4, epochs: 2, batch: 256 };

describe('the library on data in memory', () => {
  const made = simulateInMemory(
    interactionsOf(rows),
    { dim: 4, seed: 3 },
    { exposure: (_x, _z, { popularity }) => 0.5 * popularity },
  );

  test('compare trains and evaluates as a trial does, with the truth of the world', async () => {
    const { data, world } = await made;
    const compared = await compare(data, ['Pop', 'PS:GMF/oracle'], { world, seed: 5, repetitions: 2, ...small });
    expect(compared.map(({ method, seed }) => [method, seed])).toEqual([
      ['Pop', 5],
      ['Pop', 6],
      ['PS:GMF/oracle', 5],
      ['PS:GMF/oracle', 6],
    ]);
    const choices = choicesOf(small, 6, String);
    const { result, trained } = await runTrial(data, { method: 'PS:GMF/oracle', ...choices }, { world: world.state });
    trained.kernels.close();
    expect(compared[3]?.result).toEqual(result);
    expect(compared[3]?.result.truth?.values['value@10']).toBeGreaterThan(0);
  });

  test('evaluateScores judges a matrix: relevance itself is worth the ideal', async () => {
    const { data, world } = await made;
    const [users, items] = [data.userIds.length, data.itemIds.length];
    const pairs = { user: new Int32Array(users * items), item: new Int32Array(users * items) };
    for (let p = 0; p < users * items; p++) [pairs.user[p], pairs.item[p]] = [Math.floor(p / items), p % items];
    const { relevance } = world.probabilities(pairs.user, pairs.item);
    const { truth } = await evaluateScores(data, Float32Array.from(relevance), { world });
    expect(truth?.values['value@10']).toBeCloseTo(truth?.anchors.ideal['value@10'] as number, 6);
    await expect(evaluateScores(data, new Float32Array(7))).rejects.toThrow(
      `7 scores: ${users} users with ${items} items have ${users * items}`,
    );
    await expect(evaluateScores(data, new Float32Array(users * items), { candidates: -1 })).rejects.toThrow(
      /candidates/,
    );
  });
});

test('rows become interactions, ids as they are, and what is odd is named', () => {
  const data = interactionsOf([
    { user: 'b', item: 1, rating: 2.5, time: 9 },
    { user: 'a', item: '01', rating: 1, time: 8 },
    { user: 'b', item: '01', rating: 4, time: 7 },
  ]);
  expect([data.userIds, data.itemIds]).toEqual([
    ['b', 'a'],
    ['1', '01'],
  ]);
  expect([[...data.user], [...data.item], [...(data.rating ?? [])], [...(data.time ?? [])]]).toEqual([
    [0, 1, 0],
    [0, 1, 1],
    [2.5, 1, 4],
    [9, 8, 7],
  ]);
  expect(interactionsOf([{ user: 1, item: 2 }]).rating).toBeUndefined();
  expect(() =>
    interactionsOf([
      { user: 1, item: 2 },
      { user: '', item: 2 },
    ]),
  ).toThrow('row 2: no user');
  expect(() =>
    interactionsOf([
      { user: 1, item: 2, rating: 1 },
      { user: 2, item: 2 },
    ]),
  ).toThrow('row 2: no rating, unlike row 1');
  expect(() => interactionsOf([{ user: 1, item: 2, time: Number.NaN }])).toThrow('row 1: the time is NaN');
});
