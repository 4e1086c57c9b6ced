import { describe, expect, test } from '@jest/globals';
import { dataFigure } from './data_figures.js';
import type { FinishedTrial } from './finished.js';
import { chooseData } from './suite_data.js';
import { exposureStrength } from './suites/exposure_strength.js';
import { noise } from './suites/noise.js';

const trial = (data: string, label: string, repetition: number, value: number, hit: number): FinishedTrial =>
  ({
    ...{ data, row: { label, method: label, variant: {} }, repetition, settings: {} },
    outcome: {
      result: {
        estimates: { standard: { metrics: { 'hit@10': hit } } },
        truth: {
          values: { 'value@10': value },
          anchors: Object.fromEntries(
            ['random', 'best list', 'learnable', 'ideal'].map((name, k) => [name, { 'value@10': 0.1 + 0.2 * k }]),
          ),
        },
      },
    },
  }) as unknown as FinishedTrial;
const places = new Map([
  ['weak', -1],
  ['none', 0],
  ['strong', 1.5],
]);
const finished = [
  ...['strong', 'weak', 'none'].flatMap((data) => [
    trial(data, 'A', 0, data === 'strong' ? 0.2 : 0.5, 0.9),
    trial(data, 'A', 1, data === 'strong' ? 0.22 : 0.52, 0.91),
    trial(data, 'B', 0, 0.4, 0.3),
    trial(data, 'B', 1, 0.4, 0.32),
  ]),
  trial('elsewhere', 'A', 0, 1, 1),
];

describe('a figure over data sets along an axis', () => {
  const figure = dataFigure('strength', finished, places);

  test('has means and intervals of every method at every place, in order', () => {
    const [value, hit] = figure?.panels ?? [];
    const a = value?.series.find(({ label }) => label === 'A');
    expect(a?.points.map(({ x, n, mean }) => [x, n, expect.closeTo(mean, 8)])).toEqual([
      [-1, 2, 51],
      [0, 2, 51],
      [1.5, 2, 21],
    ]);
    expect(a?.points[0]?.low).toBeLessThan(51);
    expect(hit?.series.map(({ label }) => label)).toEqual(['A', 'B']);
  });

  test('has what value is read against, but for the ideal, dashed', () => {
    const dashed = figure?.panels[0]?.series.filter((series) => series.dashed);
    expect(dashed?.map(({ label, points }) => [label, points[0]?.mean])).toEqual([
      ['random', 10],
      ['best list', expect.closeTo(30, 8)],
      ['learnable', 50],
    ]);
  });

  test('says where the order turns', () => {
    expect(figure?.note).toMatch(/In truth A is first at -1, B is first from 1.5; by Hit@10 A is first everywhere\.$/);
  });

  test('is none where there is one place, or no result; without a truth, clicks alone', () => {
    expect(dataFigure('x', finished, new Map([['weak', 1]]))).toBeUndefined();
    const blind = finished.map((one) => ({ ...one, outcome: { failure: 'no' } }));
    expect(dataFigure('x', blind, places)).toBeUndefined();
    const untold = finished.map((one) => ({
      ...one,
      outcome: 'result' in one.outcome ? { result: { ...one.outcome.result, truth: undefined } } : one.outcome,
    }));
    expect(dataFigure('x', untold, places)?.panels.map(({ title }) => title)).toEqual(['standard evaluation']);
  });
});

describe('suites over worlds', () => {
  test.each([exposureStrength, noise])('$name keeps its places on data of the user', (suite) => {
    const { entries } = chooseData(suite, ['planted']);
    expect(entries.map(({ at }) => at)).toEqual(suite.data.map((entry) => (entry as { at: number }).at));
    expect(entries[0]?.name).toMatch(/^planted, (strength|noise) /);
    expect(new Set(entries.map(({ name }) => name)).size).toBe(suite.data.length);
  });
});
