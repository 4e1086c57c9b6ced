import { expect, test } from '@jest/globals';
import { shownTrial } from './run_schema.js';

test('a line that version 0.5.0 wrote is read: what it calls standard and oracle is shown under its name of today', () => {
  const metrics = { 'hit@10': 0.25 };
  const result = {
    ...{ epochs: [], validation: metrics, standard: metrics, lists: { coverage: 0.4 } },
    ...{ unbiased: { metrics, clipped: 0.1 }, oracle: { 'hit@10': 0.5 } },
  };
  const line = { key: 'f'.repeat(64), data: 'planted', row: 'Pop', repetition: 0, outcome: { result } };
  expect(shownTrial(line)).toEqual({
    ...{ data: 'planted', row: 'Pop', repetition: 0 },
    result: {
      ...{ epochs: [], bestEpoch: undefined, exposure: undefined },
      estimates: {
        standard: { metrics },
        unbiased: { metrics, clipped: 0.1 },
        expected: { metrics: { 'hit@10': 0.5 } },
      },
    },
  });
  const failed = { data: 'planted', row: 'MF', repetition: 1, outcome: { failure: 'too little memory' } };
  expect(shownTrial(failed)).toMatchObject({ row: 'MF', failure: 'too little memory' });
  expect(shownTrial({ ...line, outcome: {} })).toBeUndefined();
  expect(shownTrial({ ...line, version: 2 })).toBeUndefined();
});
