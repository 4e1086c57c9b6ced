import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { lineSum } from '../support/hash.js';
import { testFolder } from '../support/test_folder.js';
import { Journal, linesText, readLines, TrialCache, type TrialLine } from './journal.js';
import { keyOf } from './runner.js';
import { choicesOf } from './settings.js';
import type { TrialSettings } from './trial.js';

const root = testFolder();
const key = (n: number): string => n.toString(16).padStart(64, '0');
const line = (n: number, outcome: unknown = { metric: 0.25 }): TrialLine => ({
  ...{ key: key(n), data: 'a', row: 'MF' },
  outcome: outcome as TrialLine['outcome'],
});

describe('the journal', () => {
  test('takes what it wrote, whatever else was appended', () => {
    const path = join(root, 'whole.ndjson');
    new Journal(path, false).append(line(1));
    new Journal(path, false).append(line(2, { failure: 'no memory' }));
    expect([...new Journal(path, false).outcomes.keys()]).toEqual([key(1), key(2)]);
    expect([...new Journal(path, true).outcomes.keys()]).toEqual([key(1)]);
  });

  test('leaves out what is torn, changed, of another shape or without a checksum, and counts it', () => {
    const whole = linesText([line(1)]).trim();
    const summed = (value: object): string => JSON.stringify({ ...value, sum: lineSum(value) });
    const broken = [
      whole.slice(0, 40),
      whole.slice(0, -1),
      whole.replace('0.25', '0.26'),
      whole.replace('"MF"', '"GMF"'),
      JSON.stringify(line(1)),
      summed(line(1, {})),
      summed(line(1, { metric: null })),
      summed(line(1, { result: {} })),
      summed(line(1, { metric: 1, failure: 'both' })),
      summed({ ...line(1), key: 'short' }),
      ...['null', '7', '[]', '{}', '"sum"'],
    ];
    const path = join(root, 'broken.ndjson');
    writeFileSync(path, `${[...broken, whole].join('\n')}\n${whole.slice(0, 20)}`);
    expect(readLines(path)).toEqual({ lines: [line(1)], broken: broken.length + 1 });
  });
});

describe('the cache', () => {
  test('gives what was put, and tells of files that are torn, changed or under another name', () => {
    const told: string[] = [];
    const folder = join(root, 'cache');
    const cache = new TrialCache(folder, (path) => told.push(path));
    cache.put(key(1), { metric: 0.5 });
    expect([cache.get(key(1)), cache.get(key(2))]).toEqual([{ metric: 0.5 }, undefined]);
    const path = join(folder, '00', `${key(1)}.json`);
    const whole = readFileSync(path, 'utf8');
    expect(readdirSync(join(folder, '00'))).toEqual([`${key(1)}.json`]);
    for (const text of [
      '',
      whole.slice(0, 50),
      whole.replace('0.5', '0.6'),
      '{"metric":0.5}',
      whole.replace(/0{9}1/, '0000000002'),
    ]) {
      writeFileSync(path, text);
      expect(cache.get(key(1))).toBeUndefined();
    }
    writeFileSync(join(folder, '00', `${key(2)}.json`), whole);
    expect(cache.get(key(2))).toBeUndefined();
    expect(told.length).toBe(6);
  });
});

test('a trial is known by its work, settings, data and the code that does it', () => {
  const settings: TrialSettings = { method: 'MF', ...choicesOf({ dim: 8 }, 1, String) };
  const keys = [
    keyOf({ work: 'trial', settings }, 'a', 'x'),
    keyOf({ work: 'validate', settings }, 'a', 'x'),
    keyOf({ work: 'trial', settings: { ...settings, settings: { dim: 9 } } }, 'a', 'x'),
    keyOf({ work: 'trial', settings }, 'b', 'x'),
    keyOf({ work: 'trial', settings }, 'a', 'y'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
});
