import { Adam, ParameterFactory, stream, WasmKernels } from '../../compute/index.js';
import { type Interactions, sharedInt32, sharedUint8, TEST, TRAIN } from '../../datasets/interactions.js';
import { averageOf, itemValues } from '../../evaluation/averages.js';
import { metricsAt } from '../../evaluation/metrics/registry.js';
import { testQuestion } from '../../evaluation/question.js';
import { rank } from '../../evaluation/ranks.js';
import { implicitBatches } from '../../models/batches.js';
import { crossEntropy } from '../../models/losses.js';
import { ModelScorers } from '../../models/model_scorer.js';
import { createModel } from '../../models/registry.js';
import { evaluateLoss } from '../../models/trainer.js';
import type { Benchmark } from './measure.js';
import { PlainGmf } from './plain.js';

const [USERS, ITEMS, PER_USER] = [6040, 3706, 166];

/** A million distinct pairs of the size of MovieLens-1M, popular items more often; each user's last one is for testing. */
export function millionInteractions(): Interactions {
  const kernels = new WasmKernels();
  const n = USERS * PER_USER;
  const [user, item, split] = [sharedInt32(n), sharedInt32(n), sharedUint8(n).fill(TRAIN)];
  const draws = kernels.zeros([ITEMS * 2]);
  for (let u = 0; u < USERS; u++) {
    kernels.drawUniform(draws, { seed: 1, stream: stream('bench interactions') }, u);
    const uniform = kernels.floats(draws);
    const taken = new Set<number>();
    for (let d = 0; taken.size < PER_USER; d++)
      taken.add(
        Math.floor(
          ITEMS * ((uniform[d % uniform.length] as number) ** 2 * 0.999 + (d >= uniform.length ? d / 1e6 : 0)),
        ),
      );
    let at = u * PER_USER;
    for (const i of taken) {
      user[at] = u;
      item[at++] = i;
    }
    split[at - 1] = TEST;
  }
  const ids = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
  return {
    name: 'bench',
    userIds: ids(USERS),
    itemIds: ids(ITEMS),
    user,
    item,
    split,
    rating: undefined,
    time: undefined,
  };
}

/** Seconds of one epoch with negative sampling and evaluation; the best of three after a first. */
async function ourEpoch(data: Interactions): Promise<number> {
  const kernels = new WasmKernels();
  const size = { users: USERS, items: ITEMS, dim: 32 };
  const model = createModel('GMF', kernels, new ParameterFactory(kernels, 1), size);
  const optimizer = new Adam(kernels, 0.005);
  optimizer.prepare(model.parameters);
  const source = implicitBatches(kernels, data, { batch: 2048, negatives: 4, seed: 1 });
  const test = await testQuestion(kernels, data, TEST, { candidates: 100, seed: 1 });
  const scorer = new ModelScorers(kernels, data).of(model);
  let best = Number.POSITIVE_INFINITY;
  for (let epoch = 0; epoch < 4; epoch++) {
    const start = performance.now();
    await source.beginEpoch(epoch);
    for (let b = 0; b < source.batches; b++) {
      kernels.scope(() => {
        const { tape, loss } = evaluateLoss(kernels, model, size, source.batch(b), (t, logits, rows) =>
          t.mean(crossEntropy(t, logits, rows)),
        );
        optimizer.step(tape.backward(loss));
      });
    }
    averageOf(itemValues(metricsAt([5, 10]).items, await rank(scorer, test)));
    if (epoch > 0) best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
}

/** Seconds of an epoch in plain JavaScript with sets of known items, without evaluation; a tenth is run and taken ten times. */
function plainEpoch(data: Interactions): number {
  const known = Array.from({ length: USERS }, () => new Set<number>());
  data.user.forEach((u, r) => (known[u] as Set<number>).add(data.item[r] as number));
  const model = new PlainGmf(USERS, ITEMS, 32, 0.005);
  const [batch, share] = [2048, 10];
  const rows = {
    users: new Int32Array(batch * 5),
    items: new Int32Array(batch * 5),
    labels: new Float32Array(batch * 5),
  };
  const run = (): void => {
    for (let b = 0; b < Math.floor(data.user.length / batch / share); b++) {
      for (let p = 0; p < batch; p++) {
        const r = Math.floor(Math.random() * data.user.length);
        const u = data.user[r] as number;
        for (let j = 0; j < 5; j++) {
          let i = data.item[r] as number;
          if (j > 0)
            do i = Math.floor(Math.random() * ITEMS);
            while ((known[u] as Set<number>).has(i));
          rows.users[p * 5 + j] = u;
          rows.items[p * 5 + j] = i;
          rows.labels[p * 5 + j] = j === 0 ? 1 : 0;
        }
      }
      model.train(rows.users, rows.items, rows.labels);
    }
  };
  run();
  const start = performance.now();
  run();
  return (share * (performance.now() - start)) / 1000;
}

/** One GMF epoch over a million interactions with four negatives each, sampling and evaluation included, one thread. */
export const epoch: Benchmark = {
  name: 'epoch',
  summary: 'a GMF epoch over a million interactions, sampling and evaluation included',
  always: true,
  async run() {
    const data = millionInteractions();
    const [value, reference] = [await ourEpoch(data), plainEpoch(data)];
    return [
      {
        name: 'GMF epoch, a million interactions',
        value,
        unit: 's',
        reference,
        referenceName: 'plain JavaScript without evaluation',
        ratio: reference / value,
        goal: 'under 1 s',
      },
    ];
  },
};
