import type { ModelDefinition } from '../models/model.js';
import type { FlatSettings } from '../propensities/context.js';
import type { Axis, TuningStage } from './method.js';

/** Values to try, in the paper's grids (A.6.4). */
export const RATES = [0.001, 0.005, 0.01, 0.05, 0.1] as const;
export const L2S = [0, 0.01, 0.05, 0.1, 0.2, 0.3] as const;
export const ALPHAS = [0.1, 1, 2] as const;

export const rate: Axis = { name: 'rate', values: RATES, continuous: true };
export const l2: Axis = { name: 'l2', values: L2S };
export const rateG: Axis = { name: 'rateG', values: RATES, continuous: true };
export const alpha: Axis = { name: 'alpha', values: ALPHAS };

/** What can be set of a model that is trained alone or with fixed weights. */
export function plainAxes(f: ModelDefinition): Axis[] {
  const own = Object.entries(f.tuning ?? {}).map(([name, values]): Axis => ({ name: `${f.name}.${name}`, values }));
  return f.trained ? [rate, l2, ...own] : own;
}

/** The method's own search, the last one: what is best is taken as it is. */
export const ownStage = (method: string, axes: readonly Axis[]): TuningStage => ({
  ...{ method, axes },
  adopt: (settings, best) => ({ ...settings, ...best }),
});

/**
 * Searches of two players, each alone, before the method's own: both start from what suits them (paper, A.6.4). Where they are the same model one
 * search serves both.
 */
export function aloneStages(f: ModelDefinition, g: ModelDefinition): TuningStage[] {
  const withSet = (settings: FlatSettings, best: FlatSettings): FlatSettings =>
    best.set ? { ...settings, set: { ...settings.set, ...best.set } } : settings;
  const forF = (settings: FlatSettings, best: FlatSettings): FlatSettings => ({
    ...withSet(settings, best),
    ...{ rate: best['rate'], l2: best['l2'] },
  });
  const forG = (settings: FlatSettings, best: FlatSettings): FlatSettings => ({
    ...withSet(settings, best),
    ...{ rateG: best['rate'], l2G: best['l2'] },
  });
  const both = (settings: FlatSettings, best: FlatSettings): FlatSettings => forG(forF(settings, best), best);
  const stage = (model: ModelDefinition, adopt: TuningStage['adopt']): TuningStage => ({
    ...{ method: model.name, axes: plainAxes(model), adopt },
  });
  return f.name === g.name ? [stage(f, both)] : [stage(f, forF), stage(g, forG)];
}
