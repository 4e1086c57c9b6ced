import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { readFolder } from '../datasets/store.js';
import type { ExposureOfPair } from '../simulator/exposure/custom.js';
import { simulate } from '../simulator/simulate.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testBrowser } from '../support/test_browser.js';
import { testFolder } from '../support/test_folder.js';
import * as core from './core.js';

type Core = typeof core;

const root = testFolder();

/** What a simulation and a training come to. Sent to the browser as text, so that it names nothing from outside. */
async function simulateAndTrain({
  choicesOf,
  PLANTED_DEFAULTS,
  plantedRatings,
  runTrial,
  SIMULATION_DEFAULTS,
  simulateInMemory,
}: Core): Promise<{ clicks: number[]; told: string; results: object[] }> {
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 60, ratingsPerUser: 15 });
  const config = { ...SIMULATION_DEFAULTS, dim: 4, exposuresPerUser: 20 };
  const exposure: ExposureOfPair = (_x, _z, { popularity, dot, itemId, itemFeatures }) =>
    0.5 * popularity + 0.1 * dot + (itemFeatures['kind'] === 'a' && itemId !== 'i7' ? 0.7 : 0);
  const features = { items: { kind: ratings.itemIds.map((_, item) => (item % 2 === 0 ? 'a' : 'b')) } };
  const { data, world, effect, volume } = await simulateInMemory(ratings, config, { exposure, features });
  const results: object[] = [];
  for (const method of ['MLP', 'ACL:GMF/GMF', 'EASE']) {
    const settings = { method, ...choicesOf({ dim: 4, epochs: 2, bootstrap: 20, candidates: 20 }, 1, String) };
    results.push((await runTrial(data, settings, { world: world.state })).result);
  }
  return {
    clicks: [...data.user, ...data.item],
    told: JSON.stringify({ effect, volume }),
    results: JSON.parse(JSON.stringify(results)),
  };
}

test('the core is bundled for a browser with nothing of Node, and simulates, trains and evaluates there to the same bits', async () => {
  const { outputFiles, warnings, metafile } = await build({
    entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'core.js')],
    ...{ bundle: true, write: false, metafile: true, platform: 'browser', format: 'esm', logLevel: 'silent' },
    external: ['webgpu', '@tensorflow/*'], // other backends, loaded when they are asked for
  });
  expect(warnings).toEqual([]);
  const outside = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  expect(outside.filter(({ path }) => !/^(webgpu|@tensorflow)/.test(path))).toEqual([]);
  const own = await simulateAndTrain(core);
  expect(own.results.length).toBe(3);
  const browser = await testBrowser();
  if (!browser) return;
  try {
    const page = await browser.newPage();
    const code = outputFiles[0]?.text as string;
    const answer = await page.evaluate(
      `import(URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }))).then(${simulateAndTrain.toString()})`,
    );
    expect(answer).toEqual(own);
  } finally {
    await browser.close();
  }
});

test('a simulation in memory has the clicks that one in a folder writes', async () => {
  const { plantedRatings, PLANTED_DEFAULTS, SIMULATION_DEFAULTS, simulateInMemory } = core;
  const { data: ratings } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 60, ratingsPerUser: 15 });
  const config = {
    ...SIMULATION_DEFAULTS,
    ...{ dim: 4, exposuresPerUser: 20, exposure: { name: 'popularity', settings: { strength: 0.5 } } },
  };
  const folder = join(root, 'clicks');
  const origin = { source: 'planted', format: 'planted' };
  await writeFolder(folder, {}, (out) => simulate(ratings, origin, { config, exposures: true }, out, silent));
  const { data: written } = await readFolder(folder, { exposed: true });
  const { data } = await simulateInMemory(ratings, config);
  for (const column of ['user', 'item', 'time', 'split'] as const)
    expect(Array.from(data[column] ?? [])).toEqual(Array.from(written[column] ?? []));
  expect(Array.from(data.truth?.exposure ?? [])).toEqual(Array.from(written.truth?.exposure ?? []));
  expect(Array.from(data.exposed?.item ?? [])).toEqual(Array.from(written.exposed?.item ?? []));
});
