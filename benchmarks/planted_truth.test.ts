import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openSplit } from '../datasets/open.js';
import { PLANTED_DEFAULTS } from '../datasets/planted.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { planSuite } from './plan.js';
import { chooseData, hashData, openSuiteData } from './suite_data.js';
import { quick } from './suites/quick.js';
import { sweep } from './sweep.js';

const root = testFolder();
const planted = { ...PLANTED_DEFAULTS, users: 120, items: 90, ratingsPerUser: 12 };

test('ratings of the planted world have a truth, in the workers of a sweep, too', async () => {
  const suite = { ...quick, methods: ['Pop', 'EASE'] };
  const plan = planSuite(suite, { seed: 1, repetitions: 1, settings: { bootstrap: 0, candidates: 20 } });
  const options = { read: {}, planted, exposed: false };
  const { tables, figures } = await sweep(
    plan,
    (inner) => openSuiteData(chooseData(suite, []).entries, options, inner, silent),
    { out: join(root, 'planted'), workers: 1 },
  );
  const value = tables.find(({ name }) => name === 'quick-value')?.table;
  const at = (label: string): number => value?.rows.find((row) => row.label === label)?.cells['value@10']?.mean ?? 0;
  const anchors = value?.anchors?.map(({ cells }) => cells['value@10']?.mean as number) ?? [];
  expect(anchors).toHaveLength(4);
  expect(anchors).toEqual(anchors.toSorted((a, b) => a - b));
  // Whatever noise a rating has is in p_rel: nothing is left that cannot be learned.
  expect(anchors[2]).toBeCloseTo(anchors[3] as number, 5);
  expect(at('EASE')).toBeGreaterThan(anchors[0] as number);
  // These ratings know no exposures: there is no unbiased evaluation to stand beside.
  const beside = tables.find(({ name }) => name === 'quick-side-by-side')?.table;
  expect(beside?.columns).toEqual(['standard hit@10', 'standard rank', 'value@10', 'value rank']);
  expect(beside?.note).not.toMatch(/unbiased/);
  expect(figures.map(({ name }) => name)).toEqual(['quick-truth', 'quick-value']);
});

test('data from two planted worlds are told apart, and so are those with a truth from those without', async () => {
  const data = await openSplit('planted', {}, planted);
  const hashes = [undefined, planted, { ...planted, attraction: 0 }].map((world) => hashData(data, undefined, world));
  expect(new Set(hashes).size).toBe(3);
});
