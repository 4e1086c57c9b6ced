import { expect, test } from '@jest/globals';
import { runOwnModule } from './own_module.js';

test('a module that never ends is given up, also one that waits', async () => {
  for (const source of ['for (;;);', 'await new Promise(() => setInterval(() => {}, 1000));'])
    await expect(runOwnModule('mine.ts', { source }, 1)).rejects.toThrow('"mine.ts" has not ended after 1 seconds');
});

test('a function is called once, and given up where it never ends; its failure is for its caller to tell', async () => {
  const source = 'export default (n) => { if (n === 1) for (;;); throw new Error(); };';
  await expect(runOwnModule('mine.ts', { source, call: [1] }, 1)).rejects.toThrow(/has not ended/);
  expect(await runOwnModule('mine.ts', { source, call: [2] }, 5)).toEqual({
    exports: { default: 'function' },
    value: undefined,
  });
});
