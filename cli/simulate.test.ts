import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import type { SimulationSummary } from '../simulator/simulate.js';
import { describeSimulation, offScale } from './simulate.js';
import { testProgram } from './test_program.js';

const { folder, run } = testProgram();

const stage = { exposures: 22, clicks: 7, cappedShare: 0, constant: 0 };
const small: SimulationSummary = {
  ...{ users: 10, items: 5, relevanceError: 1, exposureLoss: 1, first: stage, second: stage },
  volume: { atZero: 22, alone: 22, exposures: 22 },
  ...{ splits: { train: 7, validation: 0, test: 0 }, shortUsers: 7 },
};

test('a world whose clicks are too few to test on says so, why, and what gives more', () => {
  expect(describeSimulation(small)).toMatch(
    /nothing is left for validation and test, so that nothing can be chosen by or tested on this data: 7 of 10 users have fewer than the three clicks that leave-last-two takes; more ratings, or more shown \(--exposures-per-user\)/,
  );
  const drawn = { ...small, splits: { train: 6, validation: 1, test: 0 }, shortUsers: 0 };
  expect(describeSimulation(drawn)).toMatch(
    /nothing is left for test, so that nothing can be tested on this data: more ratings/,
  );
  const enough = { ...small, splits: { train: 5, validation: 1, test: 1 } };
  expect(describeSimulation(enough)).not.toMatch(/nothing is left/);
});

test('so do prepared data, and what is to be evaluated on them', async () => {
  writeFileSync(join(folder, 'few.csv'), 'user,item\na,1\na,2\nb,1\n');
  const prepared = await run('datasets', 'prepare', 'few.csv', '--split', 'random', '--out', 'few');
  expect(prepared.out).toMatch(
    /nothing is left for validation, so that nothing can be chosen by this data: give more interactions/,
  );
  const trained = await run('train', '--model', 'Pop', '--data', 'few', '--out', 'pop');
  expect([trained.code, trained.err]).toEqual([
    2,
    expect.stringMatching(/"few\.csv" has no validation interactions to evaluate on: make it again from more data/),
  ]);
});

test('ratings of another scale than eps1 are said, as their clicks would mean nothing', () => {
  const remark = (...rating: number[]) => offScale({ rating: Float64Array.from(rating) }, SIMULATION_DEFAULTS);
  expect(remark(1, 2, 3, 4, 5)).toBeUndefined();
  expect(remark(5, 5)).toBeUndefined();
  expect(remark(100, 500, 1000)).toMatch(
    /these ratings, 100 to 1,000, and eps1 about 4 it is nearly 1, so that what is shown is clicked/,
  );
  expect(remark(0, 0.5, 0.9)).toMatch(
    /it is nearly 0, so that hardly anything is clicked; bring ratings to a scale such as 1 to 5/,
  );
  expect(offScale({ rating: undefined }, SIMULATION_DEFAULTS)).toBeUndefined();
});
