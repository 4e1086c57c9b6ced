import { describe, expect, test } from '@jest/globals';
import { ALPHAS, L2S, RATES } from '../methods/axes.js';
import { plainSettings } from '../methods/settings.js';
import { silent } from '../support/progress.js';
import { choicesOf } from './settings.js';
import type { TrialSettings } from './trial.js';
import { type TuningOptions, tune, type Validated } from './tuning.js';

const BASE = choicesOf({ epochs: 90, bootstrap: 0, full: false }, 1, String);
const OPTIONS: TuningOptions = { strategy: 'one-by-one', budget: 100, dims: [32], seed: 1 };
const search = (method: string, options: Partial<TuningOptions>, run: (settings: TrialSettings) => Validated) =>
  tune({ ...BASE, method }, { ...OPTIONS, ...options }, async (settings) => run(settings), silent);
const numberOf = ({ settings }: TrialSettings, name: string): number => settings[name] as number;

/** Best at rate 0.01, l2 0.05 and the wider factors. */
const smooth = (one: TrialSettings): Validated => {
  const { rate, l2, dim } = plainSettings.parse(one.settings);
  return { metric: 1 - 0.1 * Math.abs(Math.log(rate / 0.01)) - Math.abs(l2 - 0.05) + 0.0001 * dim };
};

describe('one by one', () => {
  test('each setting in turn at each width, nothing twice', async () => {
    const { settings, tried } = await search('GMF', { dims: [32, 64] }, smooth);
    expect(settings.settings).toMatchObject({ rate: 0.01, l2: 0.05, dim: 64 });
    expect(tried.length).toBe(2 * (RATES.length + L2S.length - 1));
    expect(new Set(tried.map(({ values }) => JSON.stringify(values))).size).toBe(tried.length);
  });

  test('ACL inherits what f and g were given alone, then sets both rates and alpha', async () => {
    const seen: TrialSettings[] = [];
    const { settings, tried } = await search('ACL:GMF/MLP', {}, (one) => {
      seen.push(one);
      if (!one.method.startsWith('ACL')) return smooth(one);
      const { alpha = 1, rate, rateG } = one.settings as Record<string, number>;
      return { metric: 0.5 - Math.abs(Number(rate) - 0.05) - Math.abs(Number(rateG) - 0.1) - Math.abs(alpha - 2) };
    });
    expect(settings.settings).toMatchObject({ rate: 0.05, l2: 0.05, rateG: 0.1, l2G: 0.05, alpha: 2 });
    const count = (label: string): number => tried.filter(({ method }) => method === label).length;
    expect([count('GMF'), count('MLP')]).toEqual([10, 10]);
    expect(count('ACL:GMF/MLP')).toBe(RATES.length + RATES.length - 1 + ALPHAS.length - 1);
    expect(seen.filter(({ method }) => method === 'MLP').every((one) => !('alpha' in one.settings))).toBe(true);
  });

  test('the same model as f and g is tuned once; the budget is kept, and shared out', async () => {
    const { tried } = await search('ACL:GMF/GMF', { budget: 14 }, smooth);
    expect(tried.length).toBe(14);
    expect(tried.filter(({ method }) => method === 'GMF').length).toBe(7);
  });

  test('widths share the budget, and what was not tried is said; too small a budget is refused with the least', async () => {
    const { tried, remarks } = await search('GMF', { dims: [8, 32], budget: 8 }, smooth);
    const at = (dim: number): number => tried.filter(({ values }) => values['dim'] === dim).length;
    expect([at(8), at(32)]).toEqual([4, 4]);
    expect(remarks).toContain('GMF, width 32: rate 0.1 not tried, since the budget of 8 was spent');
    expect(remarks).toContain('GMF, width 8: l2 0.01, 0.05, 0.1, 0.2, 0.3 not tried, since the budget of 8 was spent');
    await expect(search('GMF', { dims: [8, 32], budget: 1 }, smooth)).rejects.toThrow(/2 widths share it.*at least 2/);
    await expect(search('ACL:MF/GMF', { budget: 2 }, smooth)).rejects.toThrow(/3 searches.*at least 3/);
    const game = await search('ACL:MF/GMF', { budget: 8 }, smooth);
    expect(new Set(game.tried.map(({ method }) => method))).toEqual(new Set(['MF', 'GMF', 'ACL:MF/GMF']));
    expect(game.tried.length).toBe(8);
  });

  test('where Hit@10 is the same for all, the next criterion that tells decides, and that is said', async () => {
    const flat =
      (place: number) =>
      (one: TrialSettings): Validated => {
        const { metric } = smooth(one) as { metric: number };
        return { metric: 1, finer: [place === 0 ? metric : 0.5, metric] };
      };
    for (const [place, name] of ['ndcg@10', 'mrr'].entries()) {
      const { settings, remarks } = await search('GMF', {}, flat(place));
      expect(settings.settings).toMatchObject({ rate: 0.01, l2: 0.05 });
      expect(remarks[0]).toBe(
        `GMF, width 32, rate: validation Hit@10 was 100.00 for all 5 settings, so that ${name} chose`,
      );
    }
    expect((await search('GMF', {}, () => ({ metric: 1 }))).remarks[0]).toMatch(/nothing could choose/);
    expect((await search('GMF', {}, smooth)).remarks).toEqual([]);
  });

  test("models in closed form have their own settings; attention has both its own and the trainer's", async () => {
    const ease = await search('EASE', {}, ({ settings: { set } }) => ({
      metric: -Math.abs((set?.['EASE']?.['penalty'] as number) - 200),
    }));
    expect(ease.settings.settings.set).toEqual({ EASE: { penalty: 200 } });
    expect(ease.tried.every(({ values }) => !('rate' in values))).toBe(true);
    const attn = await search('Attn', {}, ({ settings: { set } }) => ({
      metric: Number(set?.['Attn']?.['blocks'] ?? 2),
    }));
    expect(attn.settings.settings.set?.['Attn']?.['blocks']).toBe(3);
  });

  test('a training that fails is recorded with its reason; where all fail, that is said', async () => {
    const { settings, tried } = await search('GMF', {}, (one) =>
      numberOf(one, 'rate') > 0.04 ? { failure: 'NaN' } : smooth(one),
    );
    expect(numberOf(settings, 'rate')).toBe(0.01);
    expect(tried.filter(({ failure }) => failure === 'NaN').length).toBe(2);
    await expect(search('GMF', {}, () => ({ failure: 'the loss is NaN' }))).rejects.toThrow(
      /no setting of GMF that can be trained: the loss is NaN/,
    );
  });
});

describe('random and halving', () => {
  test('random draws are the same for a seed, as many as the budget, within the grid', async () => {
    const one = await search('GMF', { strategy: 'random', budget: 9 }, smooth);
    expect((await search('GMF', { strategy: 'random', budget: 9 }, smooth)).tried).toEqual(one.tried);
    expect((await search('GMF', { strategy: 'random', budget: 9, seed: 2 }, smooth)).tried).not.toEqual(one.tried);
    expect(one.tried.length).toBe(9);
    for (const { values } of one.tried) {
      expect(values['rate']).toBeGreaterThanOrEqual(0.001);
      expect(values['rate']).toBeLessThanOrEqual(0.1);
      expect(L2S).toContain(values['l2']);
    }
    const best = Math.max(...one.tried.map(({ metric }) => metric as number));
    expect((smooth(one.settings) as { metric: number }).metric).toBeCloseTo(best, 12);
  });

  test('ACL shares the budget between f alone, g alone and both', async () => {
    const { tried } = await search('ACL:GMF/MLP', { strategy: 'random', budget: 12 }, smooth);
    const count = (label: string): number => tried.filter(({ method }) => method === label).length;
    expect([count('GMF'), count('MLP'), count('ACL:GMF/MLP')]).toEqual([4, 4, 4]);
  });

  test('halving: thirds go on to thrice the epochs, at the cost of the budget', async () => {
    const { settings, tried } = await search('GMF', { strategy: 'halving', budget: 9 }, smooth);
    const rungs = [10, 30, 90].map((epochs) => tried.filter((one) => one.epochs === epochs));
    expect(rungs.map(({ length }) => length)).toEqual([27, 9, 3]);
    expect(tried.reduce((cost, { epochs }) => cost + epochs / 90, 0)).toBeCloseTo(9, 6);
    const metrics = (rungs[0] as typeof tried).map(({ metric }) => metric as number).sort((a, b) => b - a);
    for (const { metric } of rungs[1] as typeof tried) expect(metrics.slice(0, 9)).toContain(metric);
    expect(numberOf(settings, 'epochs')).toBe(90);
  });
});
