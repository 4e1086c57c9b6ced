import { describe, expect, test } from '@jest/globals';
import { fileName, untaken, withOwnNames } from './names.js';
import { ownEntry } from './record.js';

describe('names of files', () => {
  test('a plain name stays', () => {
    for (const name of [
      'planted',
      'ml-1m',
      'clicks-2024',
      'clicks_2024',
      'ratings.csv',
      '0',
      '__proto__',
      'constructor',
    ])
      expect(fileName(name)).toBe(name);
  });

  test('names that differ never share a file, also where upper and lower case are one', () => {
    const names = [
      ...[
        'clicks-2024',
        'clicks_2024',
        'clicks 2024',
        'clicks.2024',
        'Clicks-2024',
        'CLICKS-2024',
        'clicks--2024',
        ' clicks-2024',
      ],
      ...[
        'клики',
        '点击',
        '点擊',
        'ёж',
        'еж',
        'été',
        'ete',
        'e\u0301te\u0301',
        '🙂',
        '🙃',
        '',
        ' ',
        '-',
        '.',
        '..',
        '../x',
        '/etc',
        'a/b',
        'a\\b',
      ],
      ...[
        'con',
        'CON',
        'nul.txt',
        'com1',
        'COM1.csv',
        'lpt9',
        'aux',
        'a:b',
        'a*b',
        'a?b',
        'a"b',
        'a<b',
        'a|b',
        'a\u0000b',
        'a.',
        'a ',
        'a',
      ],
      ...['x'.repeat(300), `${'x'.repeat(300)}y`, 'x'.repeat(64), 'x'.repeat(65), '-x', '.x'],
    ];
    const files = names.map(fileName);
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
    for (const file of files) {
      expect(file).toMatch(/^[a-z0-9_][a-z0-9_.-]*$/);
      expect(file).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|\.$/);
      expect(file.length).toBeLessThanOrEqual(64);
    }
    // What looks as one that was changed does.
    expect(fileName(fileName('Größe'))).not.toBe(fileName('Größe'));
    expect(fileName('Größe')).toMatch(/^gro-e-[0-9a-f]{8}$/);
    expect(fileName('点击')).toMatch(/^name-[0-9a-f]{8}$/);
  });
});

test('a name that is taken gets the first number that is free', () => {
  const taken = new Set(['a (2)']);
  const names = ['a', 'a', 'a'].map((name) => untaken(name, taken, (n) => `${name} (${n})`));
  expect(names).toEqual(['a', 'a (3)', 'a (4)']);
  const files = withOwnNames(['x', 'X', 'x', 'x-2'].map((name) => ({ name })));
  expect(new Set(files.map(({ name }) => name.toLowerCase())).size).toBe(4);
});

test('what every object has is no entry', () => {
  expect(ownEntry({ a: 1 }, 'constructor')).toBeUndefined();
  expect(ownEntry(JSON.parse('{"__proto__": 2}') as Record<string, number>, '__proto__')).toBe(2);
  expect(ownEntry(undefined, 'a')).toBeUndefined();
});
