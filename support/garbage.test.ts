import { expect, test } from '@jest/globals';
import { collectGarbage, collectWhereLarge } from './garbage.js';

test('garbage is collected in V8; in Bun by its own function, without V8 flags', () => {
  expect(collectGarbage).not.toThrow();
  const asked: boolean[] = [];
  Object.assign(globalThis, { Bun: { gc: (isSync: boolean) => asked.push(isSync) } });
  try {
    collectGarbage();
  } finally {
    Reflect.deleteProperty(globalThis, 'Bun');
  }
  expect(asked).toEqual([true]);
});

test('in passing it is collected where the process is large, and not where it is small', () => {
  const asked: boolean[] = [];
  const { rss } = process.memoryUsage;
  Object.assign(globalThis, { Bun: { gc: (isSync: boolean) => asked.push(isSync) } });
  try {
    process.memoryUsage.rss = () => 2 ** 28;
    collectWhereLarge();
    expect(asked).toEqual([]);
    process.memoryUsage.rss = () => 2 ** 30;
    collectWhereLarge();
    expect(asked).toEqual([true]);
  } finally {
    process.memoryUsage.rss = rss;
    Reflect.deleteProperty(globalThis, 'Bun');
  }
});
