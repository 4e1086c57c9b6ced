import { expect, test } from '@jest/globals';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulateInMemory } from '../simulator/in_memory.js';
import { planSuite } from './plan.js';
import { suitedRows } from './suited_rows.js';
import { quick } from './suites/quick.js';

const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 40, items: 30, ratingsPerUser: 8 });
const plan = planSuite(quick, { seed: 1 });

test('methods that need a world are left out of plain ratings, and named with what is missing', () => {
  const { rows, leftOut } = suitedRows(plan, { data: ratings });
  expect(rows.map(({ label }) => label)).toEqual(['Pop', 'CF', 'MF', 'GMF', 'MLP', 'EASE', 'ACL:GMF/GMF']);
  expect(leftOut).toEqual([
    'left out: PS:GMF/oracle: the oracle is a simulation\'s truth, and "planted" has no world; use simulated data',
    'left out: Shown:GMF: it learns from what was shown and not clicked, and "planted" does not say what was shown: simulate with --exposures, or prepare ratings with --positive',
  ]);
});

test('on simulated data all are there, and PS weights clicks alone', async () => {
  const factors = { rate: 0.01, l2: 0.01, epochs: 2 };
  const { data, world } = await simulateInMemory(ratings, {
    ...{ ...SIMULATION_DEFAULTS, dim: 4, relevanceModel: factors, exposureModel: factors },
    exposuresPerUser: 10,
  });
  const { rows, leftOut } = suitedRows(plan, { data, world: world.state });
  expect([rows.length, leftOut]).toEqual([9, []]);
  const ps = rows.find(({ label }) => label === 'PS:GMF/oracle');
  expect(ps?.settings.settings['weighed']).toBe('clicks');
});

test('what was asked for is not left out, but refused where it cannot work', () => {
  const asked = planSuite(quick, { seed: 1, methods: ['Pop', 'Shown:GMF'] });
  expect(suitedRows(asked, { data: ratings }).rows).toHaveLength(2);
});
