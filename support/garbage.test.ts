import { expect, test } from '@jest/globals';
import { collectGarbage } from './garbage.js';

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
