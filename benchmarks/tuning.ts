import { stream, WasmKernels } from '../compute/index.js';
import { exp, log } from '../compute/math.js';
import { models } from '../models/registry.js';
import { UserError } from '../support/errors.js';
import type { Progress } from '../support/progress.js';
import { isTrained, type Method, type MethodSettings, parseMethod } from './method.js';
import type { TrialSettings } from './trial.js';

/** Values to try, in the paper's grids (A.6.4). */
export const RATES = [0.001, 0.005, 0.01, 0.05, 0.1] as const;
export const L2S = [0, 0.01, 0.05, 0.1, 0.2, 0.3] as const;
export const ALPHAS = [0.1, 1, 2] as const;

/**
 * `one-by-one`: each setting in turn, the others as they are (the paper). `random`: settings drawn at random. `halving`:
 * successive halving on epochs (the rungs of ASHA, Li et al. 2020, filled one after another, so that the result does not depend on which trial
 * ends first).
 */
export const STRATEGIES = ['one-by-one', 'random', 'halving'] as const;

export interface TuningOptions {
  readonly strategy: (typeof STRATEGIES)[number];
  /** How many full trainings the search may cost. */
  readonly budget: number;
  /** Widths of the factors to try, the first one first. ACL, which has two models, keeps to the first. */
  readonly dims: readonly number[];
  readonly seed: number;
}

/** One setting that was tried. */
export interface TriedSetting {
  /** The method it was tried with: f alone, g alone, or the method itself. */
  readonly method: string;
  readonly values: Readonly<Record<string, number>>;
  readonly epochs: number;
  /** Validation Hit@10; absent where training failed. */
  readonly metric?: number;
  readonly failure?: string;
}

export interface Tuned {
  readonly settings: TrialSettings;
  readonly tried: readonly TriedSetting[];
}

/** How one setting did on the validation part. */
export type Validated = { readonly metric: number } | { readonly failure: string };

/** One thing that can be set, with the values to try. */
interface Axis {
  readonly name: string;
  readonly values: readonly number[];
  /** Random draws are log-uniform between the least and the greatest value, instead of one of the values. */
  readonly continuous?: boolean;
  get(settings: TrialSettings): number | undefined;
  set(settings: TrialSettings, value: number): TrialSettings;
}

/**
 * Chooses a method's settings by validation Hit@10 (PAPER section 5). Every method may cost the same number of trainings: plain models
 * spend them on rate and l2, for each of the widths; ACL inherits f's and g's own, tuned alone, and spends the rest on the rates of both
 * and alpha. `run` trains with a setting and returns its validation metric; settings of one axis run side by side.
 */
export async function tune(
  base: TrialSettings,
  options: TuningOptions,
  run: (settings: TrialSettings) => Promise<Validated>,
  progress: Progress,
): Promise<Tuned> {
  const method = parseMethod(base.model);
  const search = new Search(options, run, progress);
  progress.begin(`tuning ${method.label}`, options.budget);
  let settings: TrialSettings = { ...base, dim: options.dims[0] ?? base.dim };
  if (!isTrained(method.g)) {
    settings = await search.best(settings, plainAxes(method), options.dims);
  } else {
    const { f, g } = method;
    const searches = g === f.name ? 2 : 3;
    const alone = (name: string): TrialSettings => ({ ...settings, model: name, method: modelsOnly(settings.method) });
    const ownF = await search.best(alone(f.name), plainAxes(parseMethod(f.name)), [settings.dim], searches);
    const ownG =
      g === f.name
        ? ownF
        : await search.best(alone(g as string), plainAxes(parseMethod(g as string)), [settings.dim], searches);
    settings = {
      ...settings,
      trainer: { ...settings.trainer, rate: ownF.trainer.rate, l2: ownF.trainer.l2 },
      method: {
        ...settings.method,
        models: { ...settings.method.models, ...ownG.method.models, ...ownF.method.models },
        exposureTrainer: { rate: ownG.trainer.rate, l2: ownG.trainer.l2 },
      },
    };
    const axes = method.kind === 'ACL' ? [rate, rateG, alpha] : [rate, l2];
    settings = await search.best(settings, axes, [settings.dim], searches);
  }
  progress.end(`${search.tried.length} settings tried`);
  return { settings, tried: search.tried };
}

const modelsOnly = ({ models: own }: MethodSettings): MethodSettings => (own ? { models: own } : {});

const rate: Axis = {
  name: 'rate',
  values: RATES,
  continuous: true,
  get: ({ trainer }) => trainer.rate,
  set: (settings, value) => ({ ...settings, trainer: { ...settings.trainer, rate: value } }),
};

const l2: Axis = {
  name: 'l2',
  values: L2S,
  get: ({ trainer }) => trainer.l2,
  set: (settings, value) => ({ ...settings, trainer: { ...settings.trainer, l2: value } }),
};

const rateG: Axis = {
  name: 'rate-g',
  values: RATES,
  continuous: true,
  get: ({ method, trainer }) => method.exposureTrainer?.rate ?? trainer.rate,
  set: (settings, value) => ({
    ...settings,
    method: { ...settings.method, exposureTrainer: { ...settings.method.exposureTrainer, rate: value } },
  }),
};

const alpha: Axis = {
  name: 'alpha',
  values: ALPHAS,
  get: ({ method }) => method.game?.alpha ?? 1,
  set: (settings, value) => ({
    ...settings,
    method: { ...settings.method, game: { ...settings.method.game, alpha: value } },
  }),
};

/** A model's own setting. */
function ownAxis(model: string, name: string, values: readonly number[]): Axis {
  const defaults = models.get(model).settings?.safeParse({}).data as Record<string, number> | undefined;
  return {
    name: `${model}.${name}`,
    values,
    get: ({ method }) => method.models?.[model]?.[name] ?? defaults?.[name],
    set: (settings, value) => ({
      ...settings,
      method: {
        ...settings.method,
        models: { ...settings.method.models, [model]: { ...settings.method.models?.[model], [name]: value } },
      },
    }),
  };
}

/** What can be set of a model that is trained alone or with fixed weights. */
function plainAxes({ f }: Method): Axis[] {
  const own = Object.entries(f.tuning ?? {}).map(([name, values]) => ownAxis(f.name, name, values));
  return f.trained ? [rate, l2, ...own] : own;
}

/** Runs searches within one budget and records what was tried. */
class Search {
  readonly tried: TriedSetting[] = [];
  private spent = 0;
  private readonly kernels = new WasmKernels();
  private drawn = 0;

  constructor(
    private readonly options: TuningOptions,
    private readonly run: (settings: TrialSettings) => Promise<Validated>,
    private readonly progress: Progress,
  ) {}

  /** The best settings along the axes, for each width in turn; the best of all. `searches` share the budget of random ones. */
  async best(
    base: TrialSettings,
    axes: readonly Axis[],
    dims: readonly number[],
    searches = 1,
  ): Promise<TrialSettings> {
    let [best, bestMetric] = [base, Number.NEGATIVE_INFINITY];
    for (const dim of dims) {
      const start = { ...base, dim };
      const found =
        this.options.strategy === 'one-by-one'
          ? await this.oneByOne(start, axes)
          : await this.sampled(start, axes, dims.length * searches);
      if (found.metric > bestMetric) [best, bestMetric] = [found.settings, found.metric];
    }
    if (bestMetric === Number.NEGATIVE_INFINITY) {
      const reason = this.tried.at(-1)?.failure ?? 'the budget is spent';
      throw new UserError(`tuning found no setting of ${base.model} that can be trained: ${reason}`);
    }
    return best;
  }

  private async oneByOne(
    base: TrialSettings,
    axes: readonly Axis[],
  ): Promise<{ settings: TrialSettings; metric: number }> {
    let [settings, metric] = [base, Number.NEGATIVE_INFINITY];
    for (const [a, axis] of axes.entries()) {
      // The value in use was tried with the axis before; with the first one it is tried along with the others.
      const others = axis.values.filter((value) => a === 0 || value !== axis.get(settings));
      const candidates = others.slice(0, this.left).map((value) => axis.set(settings, value));
      const metrics = await this.validate(candidates, axes);
      candidates.forEach((candidate, c) => {
        if ((metrics[c] as number) > metric) [settings, metric] = [candidate, metrics[c] as number];
      });
    }
    if (axes.length === 0) [metric] = (await this.validate([base], axes)) as [number];
    return { settings, metric };
  }

  /** Random settings; for halving three times as many, of which a third goes on to thrice the epochs, twice. */
  private async sampled(
    base: TrialSettings,
    axes: readonly Axis[],
    shares: number,
  ): Promise<{ settings: TrialSettings; metric: number }> {
    const halving = this.options.strategy === 'halving' && models.get(parseMethod(base.model).f.name).trained;
    const budget = Math.max(1, Math.min(this.left, Math.ceil(this.options.budget / shares)));
    let candidates = Array.from({ length: halving ? 3 * budget : budget }, () => this.draw(base, axes));
    const { epochs } = base.trainer;
    const rungs = halving ? [Math.ceil(epochs / 9), Math.ceil(epochs / 3), epochs] : [epochs];
    let ranked: { settings: TrialSettings; metric: number }[] = [];
    for (const [r, rung] of rungs.entries()) {
      const cut = candidates.map((settings) => ({ ...settings, trainer: { ...settings.trainer, epochs: rung } }));
      const metrics = await this.validate(cut, axes, rung / epochs);
      ranked = candidates.map((settings, c) => ({ settings, metric: metrics[c] as number }));
      ranked.sort((x, y) => y.metric - x.metric);
      if (r < rungs.length - 1)
        candidates = ranked.slice(0, Math.ceil(ranked.length / 3)).map(({ settings }) => settings);
    }
    return ranked[0] as { settings: TrialSettings; metric: number };
  }

  private get left(): number {
    return Math.max(0, this.options.budget - Math.round(this.spent));
  }

  private draw(base: TrialSettings, axes: readonly Axis[]): TrialSettings {
    const uniform = this.kernels.zeros([Math.max(1, axes.length)]);
    this.kernels.drawUniform(uniform, { seed: this.options.seed, stream: stream('tuning'), replicate: this.drawn++ });
    const u = this.kernels.floats(uniform);
    return axes.reduce((settings, axis, a) => {
      const share = u[a] as number;
      const [least, most] = [Math.min(...axis.values), Math.max(...axis.values)];
      const value = axis.continuous
        ? Number(exp(log(least) + share * (log(most) - log(least))).toPrecision(3))
        : (axis.values[Math.floor(share * axis.values.length)] as number);
      return axis.set(settings, value);
    }, base);
  }

  /** Validation metrics of settings that run side by side; minus infinity where training failed. */
  private async validate(settings: readonly TrialSettings[], axes: readonly Axis[], cost = 1): Promise<number[]> {
    const results = await Promise.all(
      settings.map(async (one) => {
        const result = await this.run(one);
        this.spent += cost;
        this.progress.update(Math.min(this.spent, this.options.budget));
        return result;
      }),
    );
    results.forEach((result, r) => {
      const one = settings[r] as TrialSettings;
      const values = Object.fromEntries(axes.map((axis) => [axis.name, axis.get(one) ?? Number.NaN]));
      this.tried.push({
        method: parseMethod(one.model).label,
        values: { dim: one.dim, ...values },
        epochs: one.trainer.epochs,
        ...result,
      });
    });
    return results.map((result) => ('metric' in result ? result.metric : Number.NEGATIVE_INFINITY));
  }
}
