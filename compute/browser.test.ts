import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { testBrowser } from '../support/test_browser.js';
import { Adam, ParameterFactory, Tape, WasmKernels } from './index.js';

type Library = Pick<typeof import('./index.js'), 'Adam' | 'ParameterFactory' | 'Tape' | 'WasmKernels'>;

/** One step of a factorization; its loss and its weights afterwards. Sent to the browser as text, so that it names nothing from outside. */
function trainOneStep({ Adam, ParameterFactory, Tape, WasmKernels }: Library): number[] {
  const kernels = new WasmKernels();
  const make = new ParameterFactory(kernels, 7);
  const [user, item] = [make.table('user', 5, 6), make.table('item', 9, 6)];
  const weight = make.weight('weight', 6, 1);
  const adam = new Adam(kernels, 0.01, 0.001);
  adam.prepare([user, item, weight]);
  return kernels.scope(() => {
    const users = kernels.lookup(kernels.tensor(Int32Array.of(0, 1, 1, 4)), 5);
    const items = kernels.lookup(kernels.tensor(Int32Array.of(8, 0, 3, 3)), 9);
    const tape = new Tape(kernels);
    const [u, i] = [tape.embed(user, users), tape.embed(item, items)];
    const scores = tape.pairProduct(u, users, i, items, tape.parameter(weight));
    const loss = tape.mean(tape.crossEntropy(scores, kernels.tensor(Float32Array.of(1, 0, 1, 0))));
    adam.step(tape.backward(loss));
    return [loss.value, user.value, item.value, weight.value].flatMap((tensor) => [...kernels.floats(tensor)]);
  });
}

test('compute is bundled for a browser with nothing of Node, and trains there to the same bits', async () => {
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'index.js');
  const { outputFiles, warnings, metafile } = await build({
    entryPoints: [entry],
    ...{ bundle: true, write: false, metafile: true, platform: 'browser', format: 'esm', logLevel: 'silent' },
  });
  expect(warnings).toEqual([]);
  const inputs = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  expect(inputs).toEqual([]);
  const browser = await testBrowser();
  if (!browser) return;
  try {
    const page = await browser.newPage();
    const code = outputFiles[0]?.text as string;
    const answer = await page.evaluate(
      `import(URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }))).then(${trainOneStep.toString()})`,
    );
    expect(answer).toEqual(trainOneStep({ Adam, ParameterFactory, Tape, WasmKernels }));
  } finally {
    await browser.close();
  }
});
