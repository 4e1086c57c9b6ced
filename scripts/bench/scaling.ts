import { ParameterFactory, stream, WasmKernels } from '../../compute/index.js';
import { type Interactions, sharedInt32 } from '../../datasets/interactions.js';
import { knownItems } from '../../datasets/known.js';
import { crossEntropy } from '../../models/losses.js';
import { trainOnClicks } from '../../models/plain_training.js';
import { createModel } from '../../models/registry.js';
import { TRAINER_DEFAULTS } from '../../models/trainer.js';
import type { Benchmark, Figure } from './measure.js';

/** Times the size of MovieLens-1M: users grow, items and pairs a user do not. */
const SCALES = [0.1, 1, 10];
const [USERS, ITEMS, PER_USER, DIM] = [6040, 3706, 166, 32];
const CLOSED = ['ItemKNN', 'CF', 'EASE', 'iALS'];

/** Distinct pairs of each user, popular items more often: items are drawn by the square of a uniform number, and next ones taken where they repeat. */
function pairsOf(users: number): Interactions {
  const kernels = new WasmKernels();
  const draws = kernels.zeros([PER_USER]);
  const [user, item] = [sharedInt32(users * PER_USER), sharedInt32(users * PER_USER)];
  for (let u = 0; u < users; u++) {
    kernels.drawUniform(draws, { seed: 1, stream: stream('bench scaling') }, u);
    const taken = new Set<number>();
    for (const uniform of kernels.floats(draws)) {
      let one = Math.floor(ITEMS * uniform ** 2);
      while (taken.has(one)) one = (one + 1) % ITEMS;
      taken.add(one);
    }
    user.fill(u, u * PER_USER, (u + 1) * PER_USER);
    item.set([...taken], u * PER_USER);
  }
  const ids = (count: number): string[] => Array.from({ length: count }, (_, id) => String(id));
  return {
    ...{ name: 'bench', userIds: ids(users), itemIds: ids(ITEMS), user, item },
    ...{ rating: undefined, time: undefined, split: undefined },
  };
}

interface Cost {
  readonly seconds: number;
  /** Of the kernels' memory. */
  readonly megabytes: number;
}

async function costOf(name: string, data: Interactions): Promise<Cost> {
  const kernels = new WasmKernels();
  const size = { users: data.userIds.length, items: ITEMS, dim: DIM };
  const model = createModel(name, kernels, new ParameterFactory(kernels, 1), size);
  const train = knownItems(data, 'train');
  const before = process.cpuUsage();
  if (model.fit) model.fit(train, 1);
  else
    await trainOnClicks({ kernels, data, size, validate: async () => 0 }, model, crossEntropy, {
      ...TRAINER_DEFAULTS,
      epochs: 1,
    });
  const { user, system } = process.cpuUsage(before);
  return { seconds: (user + system) / 1e6, megabytes: kernels.bytes / 1e6 };
}

/** How CPU seconds and memory grow from a tenth to ten times the size of MovieLens-1M: the exponent is the slope of logarithms, from the middle to the largest size. */
export const scaling: Benchmark = {
  name: 'scaling',
  summary:
    'time and memory of jobs from a tenth to ten times the size of MovieLens-1M; --most=N leaves out larger scales',
  always: false,
  async run() {
    const said = process.argv.find((argument) => argument.startsWith('--most='));
    const most = said === undefined ? Number.POSITIVE_INFINITY : Number(said.slice('--most='.length));
    const costs = new Map<string, Cost[]>();
    const scales = SCALES.filter((scale) => scale <= most);
    for (const scale of scales) {
      const data = pairsOf(Math.round(USERS * scale));
      for (const name of [...CLOSED, 'GMF']) costs.set(name, [...(costs.get(name) ?? []), await costOf(name, data)]);
    }
    return [...costs].flatMap(([name, all]) => figuresOf(name === 'GMF' ? 'GMF, an epoch' : name, scales, all));
  },
};

function figuresOf(name: string, scales: readonly number[], costs: readonly Cost[]): Figure[] {
  const [from, to] = [costs.at(-2), costs.at(-1)] as [Cost | undefined, Cost];
  const growth = Math.log((scales.at(-1) as number) / (scales.at(-2) ?? 1));
  return (['seconds', 'megabytes'] as const).map((what) => ({
    name: `${name}, ${what} at ${scales.join(', ')} times`,
    value: to[what],
    unit: what === 'seconds' ? 's of CPU' : 'MB',
    reference: from?.[what],
    referenceName: `${costs.map((cost) => cost[what].toPrecision(3)).join(', ')}; the ratio is the exponent`,
    ratio: from && Math.log(to[what] / from[what]) / growth,
    goal: '1',
  }));
}
