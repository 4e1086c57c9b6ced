import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { runningRecBole } from '../datasets/recbole.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { runPython, testWithPython } from '../support/test_python.js';
import { SIMULATION_DEFAULTS } from './config.js';
import { loadingFeedback, obpFeedback, supportText } from './obp.js';
import { simulate } from './simulate.js';
import { readWorld } from './world_files.js';

const folder = testFolder();
const TYPES = { '<i4': Int32Array, '<f4': Float32Array, '<f8': Float64Array, '<i8': BigInt64Array } as const;

/** Reads .npy by the rules of NumPy's format, version 1.0. */
function readNpy(bytes: Uint8Array): { shape: number[]; values: ArrayLike<number | bigint> } {
  expect([...bytes.subarray(0, 8)]).toEqual([0x93, ...Buffer.from('NUMPY'), 1, 0]);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  expect((10 + length) % 64).toBe(0);
  const header = Buffer.from(bytes.subarray(10, 10 + length)).toString('latin1');
  const [, type, order, sizes] =
    /^\{'descr': '(.*?)', 'fortran_order': (\w+), 'shape': \((.*?)\), \} *\n$/.exec(header) ?? [];
  expect(order).toBe('False');
  const shape = (sizes as string)
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const values = new TYPES[type as keyof typeof TYPES](bytes.slice(10 + length).buffer);
  expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
  return { shape, values };
}

const path = join(folder, 'world');
const { data } = plantedRatings({ ...PLANTED_DEFAULTS, users: 80, items: 50, ratingsPerUser: 15 });
const config = { ...SIMULATION_DEFAULTS, dim: 4, exposuresPerUser: 12 };
const origin = { source: 'planted', format: 'planted' };

beforeAll(async () => {
  await writeFolder(path, {}, (out) => simulate(data, origin, { config, workers: 1, exposures: true }, out, silent));
});

test("the Open Bandit Pipeline's layout: a round an exposure, with the propensity of its action", async () => {
  const world = await readWorld(path);
  const { bytes, support } = await obpFeedback(path, world);
  const files = unzipSync(bytes);
  const arrays = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name.replace('.npy', ''), readNpy(bytes)]),
  );
  const rounds = Number(arrays['n_rounds']?.values[0]);
  expect(rounds).toBeGreaterThan(500);
  expect(arrays['n_rounds']?.shape).toEqual([]);
  expect(arrays['context']?.shape).toEqual([rounds, 4]);
  expect(arrays['action_context']?.shape).toEqual([50, 4]);
  const column = (name: string): number[] => Array.from(arrays[name]?.values ?? [], Number);
  for (const name of ['action', 'position', 'reward', 'pscore', 'p_relevance', 'user'])
    expect(column(name).length).toBe(rounds);
  expect(column('action').every((item) => item >= 0 && item < 50)).toBe(true);
  expect([...new Set(column('reward'))].sort()).toEqual([0, 1]);
  // OBP's name for something else: what is expected of every round and action.
  expect(Object.keys(arrays)).not.toContain('expected_reward');
  for (const name of ['action', 'position', 'reward', 'user'])
    expect(arrays[name]?.values).toBeInstanceOf(BigInt64Array);
  expect(new Set(column('position'))).toEqual(new Set([0]));
  expect(support.rounds).toBe(rounds);
  expect(support.users).toBe(new Set(column('user')).size);
  expect(support.leastPscore).toBe(Math.min(...column('pscore')));
  expect(support.impossible).toBe(0);
  // The probabilities of all actions of a user sum to one.
  const user = column('user')[0] as number;
  const exposure = world.exposureRow(user);
  const total = exposure.reduce((sum, p) => sum + p, 0);
  expect(column('pscore')[0]).toBeCloseTo((exposure[column('action')[0] as number] as number) / total, 6);
  await writeFolder(`${path}-alone`, {}, (out) => simulate(data, origin, { config, workers: 1 }, out, silent));
  await expect(obpFeedback(`${path}-alone`, world)).rejects.toThrow(
    /has no exposures: simulate again with --exposures/,
  );
});

const ANSWERS = `
import json
from obp.ope import InverseProbabilityWeighting, OffPolicyEvaluation, RegressionModel, SelfNormalizedInverseProbabilityWeighting
from obp.utils import check_bandit_feedback_inputs
from sklearn.linear_model import LogisticRegression
check_bandit_feedback_inputs(**{k: feedback[k] for k in ('context', 'action', 'reward', 'position', 'pscore', 'action_context')}, expected_reward=feedback.get('expected_reward'))
uniform = np.full((feedback['n_rounds'], feedback['n_actions'], 1), 1 / feedback['n_actions'])
ope = OffPolicyEvaluation(bandit_feedback=feedback, ope_estimators=[InverseProbabilityWeighting(), SelfNormalizedInverseProbabilityWeighting()])
values = ope.estimate_policy_values(action_dist=uniform)
model = RegressionModel(n_actions=feedback['n_actions'], len_list=1, action_context=feedback['action_context'], base_model=LogisticRegression())
fitted = model.fit_predict(context=feedback['context'], action=feedback['action'], reward=feedback['reward'], position=feedback['position'])
print(json.dumps({'values': values, 'shape': fitted.shape}))`;

testWithPython('obp.ope', 'sklearn')(
  'the pipeline itself loads it by what the help shows, accepts it, and estimates what the numbers say',
  async () => {
    const { bytes } = await obpFeedback(path, await readWorld(path));
    writeFileSync(join(folder, 'shown.npz'), bytes);
    const told = runPython(`${loadingFeedback('shown.npz')}${ANSWERS}`, folder) as {
      values: Record<string, number>;
      shape: number[];
    };
    const arrays = unzipSync(bytes);
    const column = (name: string): number[] => Array.from(readNpy(arrays[`${name}.npy`] as Uint8Array).values, Number);
    const [reward, weight] = [column('reward'), column('pscore').map((p) => 1 / 50 / p)];
    const weighted = reward.reduce((sum, r, k) => sum + r * (weight[k] as number), 0);
    expect(told.values['ipw']).toBeCloseTo(weighted / reward.length, 9);
    expect(told.values['snipw']).toBeCloseTo(weighted / weight.reduce((a, b) => a + b), 9);
    expect(told.shape).toEqual([reward.length, 50, 1]);
  },
  600_000,
);

test('what users read and what is tried are the same', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../docs/data.md', import.meta.url)), 'utf8');
  expect(readme).toContain(loadingFeedback('obp/shown.npz'));
  expect(readme).toContain(runningRecBole('BPR', 'recbole/popular/popular.yaml'));
});

test('items that could not be shown are counted, and what weights may come to is said', () => {
  const some = { rounds: 1200, users: 80, fewest: 3, most: 40, impossible: 0.25, leastPscore: 0.001 };
  const lines = supportText(some);
  expect(lines.join(' ')).toMatch(
    /1,200 rounds of 80 users, 3 to 40 each.* up to 1,000 times .* 25% of the pairs could not be shown/,
  );
  expect(supportText({ ...some, impossible: 0 }).length).toBe(2);
});
