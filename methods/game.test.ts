import { describe, expect, test } from '@jest/globals';
import { type Parameter, WasmKernels } from '../compute/index.js';
import type { UserItems } from '../datasets/interactions.js';
import type { TrainingBatch } from '../models/batches.js';
import type { Model } from '../models/model.js';
import { TRAINER_DEFAULTS } from '../models/trainer.js';
import type { GBetaSettings } from './g_beta.js';
import { GAME_DEFAULTS, type GameSettings, trainAdversarial } from './game.js';

const ITEMS = 3;
const SIZE = { users: 10, items: ITEMS, dim: 1 };
/** Clicks among ten rows of each item. */
const CLICKS = [8, 7, 9];
const FIXED: GBetaSettings = { outcome: 'none', beta: 'fixed', weights: 'raw', weighed: 'all', leastG: 1e-3 };

/** A model with one free logit an item: nothing but the game decides where they go. */
function itemLogits(kernels: WasmKernels, name: string, start = 0): Model & { logits(): number[] } {
  const item: Parameter = { name, value: kernels.zeros([ITEMS, 1]) };
  kernels.fill(item.value, start);
  return {
    parameters: [item],
    forward: (tape, pairs) => tape.spread(tape.embed(item, pairs.items), pairs.items),
    logits: () => Array.from(kernels.floats(item.value)),
  };
}

/** Ten rows an item in one batch, the first `clicks` of them clicked. */
function wholeBatch(kernels: WasmKernels): TrainingBatch {
  const rows = Array.from({ length: 10 * ITEMS }, (_, r) => ({ item: Math.floor(r / 10), user: r % 10 }));
  return {
    users: kernels.tensor(Int32Array.from(rows, ({ user }) => user)),
    items: kernels.tensor(Int32Array.from(rows, ({ item }) => item)),
    labels: kernels.tensor(Float32Array.from(rows, ({ item, user }) => Number(user < (CLICKS[item] as number)))),
    wide: 1,
  };
}

/** Each item's users by whether they clicked, as known items. */
const CLICKED: UserItems = (() => {
  const items = Array.from({ length: 10 }, (_, user) => [0, 1, 2].filter((item) => user < (CLICKS[item] as number)));
  const starts = [0];
  for (const own of items) starts.push((starts.at(-1) as number) + own.length);
  return { users: 10, itemCount: ITEMS, starts: Int32Array.from(starts), items: Int32Array.from(items.flat()) };
})();

async function play(
  game: Partial<GameSettings>,
  options: {
    epochs?: number;
    rate?: number;
    rateG?: number;
    propensity?: Partial<GBetaSettings>;
    exposed?: UserItems;
    startG?: number;
  } = {},
) {
  const kernels = new WasmKernels();
  const [f, g] = [itemLogits(kernels, 'f'), itemLogits(kernels, 'g', options.startG)];
  const batch = wholeBatch(kernels);
  const epochs = options.epochs ?? 1500;
  let validations = 0;
  const { record, G } = await trainAdversarial(
    kernels,
    { f, g, size: SIZE },
    {
      source: { batches: 1, beginEpoch() {}, batch: () => batch },
      train: CLICKED,
      exposed: options.exposed,
      // Ever better, so that the last weights, which are what the game comes to, are kept.
      validate: async () => ++validations,
      validateG: async () => 0.25,
    },
    {
      f: { ...TRAINER_DEFAULTS, rate: options.rate ?? 0.02, epochs, patience: epochs },
      g: { rate: options.rateG ?? 0.02, l2: 0 },
    },
    { ...GAME_DEFAULTS, ...game },
    { ...FIXED, ...options.propensity },
  );
  return { record, G, f: f.logits(), g: g.logits() };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const entropy = (p: number): number => -p * Math.log(p) - (1 - p) * Math.log(1 - p);

/**
 * The saddle point of an item with share p of clicks, G = sigmoid(g) without y: f = logit(p), whatever the weights; then g
 * maximizes H / s - alpha CE(p, s), s = sigmoid(g), H the entropy of p: alpha s^2 - (alpha p + H) s + H = 0, of whose roots the larger is a
 * maximum.
 */
function saddle(p: number, alpha: number): { f: number; s: number } {
  const H = entropy(p);
  const b = alpha * p + H;
  return { f: Math.log(p / (1 - p)), s: (b + Math.sqrt(b * b - 4 * alpha * H)) / (2 * alpha) };
}

describe('the game finds its saddle point', () => {
  test.each([
    ['step', 4],
    ['epoch', 4],
    ['step', 8],
  ] as const)('alternating by %s, alpha %d', async (alternate, alpha) => {
    // Enough clicks that the larger root exists: p = 0.7 needs alpha above 2.9.
    const { f, g, record } = await play({ alpha, alternate }, { epochs: 3000, rate: 0.01, rateG: 0.01, startG: 1 });
    CLICKS.forEach((clicks, item) => {
      const expected = saddle(clicks / 10, alpha);
      // Adam with a constant rate stays within about a rate of the optimum.
      expect(Math.abs((f[item] as number) - expected.f)).toBeLessThan(0.03);
      expect(Math.abs(sigmoid(g[item] as number) - expected.s)).toBeLessThan(0.01);
    });
    const last = record.epochs.at(-1)?.exposure?.game;
    const value = CLICKS.map((clicks) => {
      const p = clicks / 10;
      const { s } = saddle(p, alpha);
      return entropy(p) / s + alpha * (p * Math.log(s) + (1 - p) * Math.log(1 - s));
    });
    expect(last?.objective).toBeCloseTo(value.reduce((a, b) => a + b, 0) / ITEMS, 2);
    expect(last?.metric).toBe(0.25);
  });

  test('training stops by itself when the objective has moved by no more than 0.001 over 10 epochs', async () => {
    const { record } = await play({ alpha: 4, stop: 'objective' }, { epochs: 3000, startG: 1 });
    const objectives = record.epochs.map(({ exposure }) => exposure?.game?.objective as number);
    const range = (end: number): number => {
      const window = objectives.slice(end - 11, end);
      return Math.max(...window) - Math.min(...window);
    };
    expect(record.epochs.length).toBeLessThan(3000);
    expect(record.best.epoch).toBe(record.epochs.length);
    expect(range(objectives.length)).toBeLessThanOrEqual(0.001);
    for (let end = 11; end < objectives.length; end++) expect(range(end)).toBeGreaterThan(0.001);
  });

  test('with too little regularization there is no saddle point, and G goes to its least value', async () => {
    const { g } = await play({ alpha: 0.1 }, { epochs: 1000 });
    for (const logit of g) expect(sigmoid(logit)).toBeLessThan(0.05);
  });
});

describe('what g is regularized by', () => {
  test('popularity: mean G of items follows their popularity', async () => {
    const { g } = await play({ alpha: 100, regularizer: 'popularity' }, { epochs: 400, rateG: 0.01, rate: 1e-6 });
    // Items by clicks: 7, 8, 9, evenly apart, so that a perfect correlation has evenly spaced G.
    const [middle, low, high] = g.map(sigmoid) as [number, number, number];
    expect(low).toBeLessThan(middle);
    expect(middle).toBeLessThan(high);
    expect((middle - low) / (high - low)).toBeCloseTo(0.5, 1);
  });

  test('exposure: g fits what was shown, not what was clicked', async () => {
    // Every user saw item 0, nobody item 1, and users 0 to 4 item 2.
    const shown = Array.from({ length: 10 }, (_, user) => (user < 5 ? [0, 2] : [0]));
    const starts = [0];
    for (const own of shown) starts.push((starts.at(-1) as number) + own.length);
    const exposed = {
      users: 10,
      itemCount: ITEMS,
      starts: Int32Array.from(starts),
      items: Int32Array.from(shown.flat()),
    };
    const { g } = await play({ alpha: 1000, regularizer: 'exposure' }, { epochs: 800, rate: 1e-6, exposed });
    expect(sigmoid(g[0] as number)).toBeGreaterThan(0.98);
    expect(sigmoid(g[1] as number)).toBeLessThan(0.05);
    expect(sigmoid(g[2] as number)).toBeCloseTo(0.5, 1);
  });

  test('hinge: where f does badly enough, g has nothing to gain and stays', async () => {
    // delta_f / G = 0.693 / 0.5 is above 0.1 + 0.5 * 0.693 for every row as long as f does not move.
    const still = await play({ game: 'hinge' }, { epochs: 20, rate: 1e-9 });
    expect(still.g).toEqual([0, 0, 0]);
    // f has learned the clicks of item 2 well: those rows let g learn.
    const moved = await play({ game: 'hinge' }, { epochs: 400 });
    expect(moved.g[2] as number).not.toBe(0);
  });
});

describe('the schedule', () => {
  test('g is fitted plainly first, where that is asked for', async () => {
    const { g } = await play({ prefit: 600 }, { epochs: 1, rateG: 0.02 });
    CLICKS.forEach((clicks, item) => expect(sigmoid(g[item] as number)).toBeCloseTo(clicks / 10, 1));
  });

  test('discounts slow f and g down apart', async () => {
    const [one, more] = [await play({ discount: 1e9 }, { epochs: 1 }), await play({ discount: 1e9 }, { epochs: 5 })];
    expect(more.f).toEqual(one.f);
    expect(more.g).not.toEqual(one.g);
    const slowG = await play({ discountG: 1e9 }, { epochs: 5 });
    expect(slowG.g).toEqual((await play({ discountG: 1e9 }, { epochs: 1 })).g);
  });

  test('records say what became of G, and of beta, which moves only where it is learned', async () => {
    const fixed = await play({}, { epochs: 3 });
    const first = fixed.record.epochs[0]?.exposure;
    expect(first?.meanG).toBeCloseTo(0.5, 5); // G before the first step: sigmoid(0)
    expect(first?.sdG).toBeCloseTo(0, 3);
    expect(fixed.record.epochs.at(-1)?.exposure?.beta).toEqual([0, 1, 0]);
    const learned = await play({}, { epochs: 3, propensity: { beta: 'learned', outcome: 'y' } });
    const beta = learned.record.epochs.at(-1)?.exposure?.beta as [number, number, number];
    expect(beta[0]).toBeGreaterThan(0); // larger G, smaller weights
    expect(beta[2]).toBeGreaterThan(0);
  });

  test('stopping on validation restores f, g and beta of the best epoch together', async () => {
    const kernels = new WasmKernels();
    const [f, g] = [itemLogits(kernels, 'f'), itemLogits(kernels, 'g')];
    const batch = wholeBatch(kernels);
    const metrics = [0.1, 0.9, 0.2, 0.3, 0.4];
    const kept: number[][] = [];
    let epoch = 0;
    const { record, G } = await trainAdversarial(
      kernels,
      { f, g, size: SIZE },
      {
        source: { batches: 1, beginEpoch() {}, batch: () => batch },
        train: CLICKED,
        validate: async () => {
          kept.push([...f.logits(), ...g.logits()]);
          return metrics[epoch++] as number;
        },
        validateG: async () => 0,
      },
      { f: { ...TRAINER_DEFAULTS, rate: 0.1, patience: 3 }, g: { rate: 0.1, l2: 0 } },
      GAME_DEFAULTS,
      { ...FIXED, beta: 'learned', outcome: 'y' },
    );
    expect(record.best.epoch).toBe(2);
    expect(record.epochs.length).toBe(5);
    expect([...f.logits(), ...g.logits()]).toEqual(kept[1]);
    expect(Array.from(kernels.floats(G.beta.value))).toEqual(record.best.exposure?.beta);
  });
});
