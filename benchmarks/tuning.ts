import { stream, WasmKernels } from '../compute/index.js';
import { exp, log } from '../compute/math.js';
import type { Axis, Method } from '../methods/method.js';
import { builtInMethods, type MethodCatalogue, parseMethod } from '../methods/registry.js';
import { concerning, ownersOf, plainSettings } from '../methods/settings.js';
import { modelSettings, type SettingOwner } from '../models/registry.js';
import type { FlatSettings } from '../propensities/context.js';
import { UserError } from '../support/errors.js';
import type { Progress } from '../support/progress.js';
import { CRITERIA, type TrialSettings } from './trial.js';

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
  /** What a reader must know of the search: what the budget did not suffice for, and where validation Hit@10 could not choose. */
  readonly remarks: readonly string[];
}

/** How one setting did on the validation part: Hit@10, and what decides where that is the same for all settings. */
export type Validated =
  | { readonly metric: number; readonly finer?: readonly number[] | undefined }
  | { readonly failure: string };

/** Whether widths are tried: a method of two models keeps to the first. */
const triesWidths = ({ tuning }: Method): boolean => tuning.length === 1;

/** Refuses a budget that is less than one training for each of the searches and widths that share it. Throws UserError. */
export function checkBudget(
  text: string,
  { budget, dims }: Pick<TuningOptions, 'budget' | 'dims'>,
  catalogue: MethodCatalogue = builtInMethods,
): void {
  const method = parseMethod(text, catalogue);
  const least = triesWidths(method) ? Math.max(1, dims.length) : method.tuning.length;
  if (budget >= least) return;
  const sharers = triesWidths(method)
    ? `${dims.length} widths`
    : `${method.tuning.length} searches (its models alone, then both)`;
  throw new UserError(
    `tuning ${method.label} within a budget of ${budget}: ${sharers} share it, and need a training each: at least ${least}`,
  );
}

/** Value of an axis in use, with the method's defaults. */
function valueAt(method: Method, { name }: Axis, settings: FlatSettings): number | undefined {
  const [model = '', own] = name.split('.');
  const value =
    own === undefined
      ? (method.settings.parse(settings)[name] ?? (name === 'rateG' ? plainSettings.parse(settings).rate : undefined))
      : modelSettings(ownersOf(method).find(({ name }) => name === model) as SettingOwner, settings.set?.[model])[own];
  return typeof value === 'number' ? value : undefined;
}

/** Settings with another value on an axis. */
function withValue({ name }: Axis, settings: FlatSettings, value: number): FlatSettings {
  const [model = '', own] = name.split('.');
  if (own === undefined) return { ...settings, [name]: value };
  return { ...settings, set: { ...settings.set, [model]: { ...settings.set?.[model], [own]: value } } };
}

/**
 * Chooses a method's settings by validation Hit@10 (paper, A.6.4). Every method may cost the same number of trainings: plain models
 * spend them on rate and l2, for each of the widths; ACL inherits f's and g's own, tuned alone, and spends the rest on the rates of both
 * and alpha. `run` trains with a setting and returns its validation metric; settings of one axis run side by side.
 */
export async function tune(
  base: TrialSettings,
  options: TuningOptions,
  run: (settings: TrialSettings) => Promise<Validated>,
  progress: Progress,
  catalogue: MethodCatalogue = builtInMethods,
): Promise<Tuned> {
  checkBudget(base.method, options, catalogue);
  const method = parseMethod(base.method, catalogue);
  const search = new Search(options, run, progress, method.tuning.length, catalogue);
  progress.begin(`tuning ${method.label}`, options.budget);
  const dims = triesWidths(method) ? options.dims : options.dims.slice(0, 1);
  if (dims.length < options.dims.length)
    search.remarks.push(
      `${method.label}: width ${options.dims.slice(1).join(', ')} not tried, since a method of two models keeps to the first`,
    );
  const widths = dims.length > 0 ? dims : [plainSettings.parse(base.settings).dim];
  const given: FlatSettings = { ...base.settings, dim: widths[0] };
  let settings = given;
  for (const [s, { method: text, axes, adopt }] of method.tuning.entries()) {
    // Models alone know nothing of one another; the method itself begins with what was best for each.
    const from = concerning(parseMethod(text, catalogue), s < method.tuning.length - 1 ? given : settings);
    const best = await search.best({ ...base, method: text, settings: from }, axes, widths);
    settings = adopt(settings, best.settings);
  }
  progress.end(`${search.tried.length} settings tried`);
  return { settings: { ...base, settings }, tried: search.tried, remarks: search.remarks };
}

/** A setting with how it did. */
interface Candidate {
  readonly settings: TrialSettings;
  readonly result: Validated;
}

/** Runs searches within one budget, which they share out among themselves, and records what was tried. */
class Search {
  readonly tried: TriedSetting[] = [];
  readonly remarks: string[] = [];
  private spent = 0;
  private readonly kernels = new WasmKernels();
  private drawn = 0;

  /** `searches` share the budget. */
  constructor(
    private readonly options: TuningOptions,
    private readonly run: (settings: TrialSettings) => Promise<Validated>,
    private readonly progress: Progress,
    private searches: number,
    private readonly catalogue: MethodCatalogue,
  ) {}

  /** The best settings along the axes over all widths. Each width of each search that is still to come gets the same share of what is left. */
  async best(base: TrialSettings, axes: readonly Axis[], dims: readonly number[]): Promise<TrialSettings> {
    const found: Candidate[] = [];
    for (const [d, dim] of dims.entries()) {
      const start = { ...base, settings: { ...base.settings, dim } };
      const share = Math.max(1, Math.ceil(this.left / (dims.length - d + (this.searches - 1) * dims.length)));
      found.push(
        this.options.strategy === 'one-by-one'
          ? await this.oneByOne(start, axes, share)
          : await this.sampled(start, axes, share),
      );
    }
    this.searches--;
    const { settings, result } = this.choose(found, found.length > 1 ? 'the widths' : undefined);
    if ('failure' in result)
      throw new UserError(`tuning found no setting of ${base.method} that can be trained: ${result.failure}`);
    return settings;
  }

  private async oneByOne(base: TrialSettings, axes: readonly Axis[], share: number): Promise<Candidate> {
    let best: Candidate | undefined;
    let left = share;
    const method = parseMethod(base.method, this.catalogue);
    if (axes.length === 0) return (await this.validate([base], axes))[0] as Candidate;
    for (const [a, axis] of axes.entries()) {
      const settings = best?.settings ?? base;
      // The value in use was tried with the axis before; with the first one it is tried along with the others.
      const others = axis.values.filter((value) => a === 0 || value !== valueAt(method, axis, settings.settings));
      const candidates = others.slice(0, left);
      if (candidates.length < others.length)
        this.remarks.push(
          `${method.label}, width ${base.settings['dim']}: ${axis.name} ${others.slice(left).join(', ')} not tried, since the budget of ${this.options.budget} was spent`,
        );
      if (candidates.length === 0) continue;
      left -= candidates.length;
      const tried = await this.validate(
        candidates.map((value) => ({ ...settings, settings: withValue(axis, settings.settings, value) })),
        axes,
      );
      best = this.choose(best ? [best, ...tried] : tried, axis.name);
    }
    return best as Candidate;
  }

  /** Random settings; for halving three times as many, of which a third goes on to thrice the epochs, twice. */
  private async sampled(base: TrialSettings, axes: readonly Axis[], share: number): Promise<Candidate> {
    const halving =
      this.options.strategy === 'halving' && parseMethod(base.method, this.catalogue).players[0]?.trained === true;
    let candidates = Array.from({ length: halving ? 3 * share : share }, () => this.draw(base, axes));
    const { epochs } = plainSettings.parse(base.settings);
    const rungs = halving ? [Math.ceil(epochs / 9), Math.ceil(epochs / 3), epochs] : [epochs];
    let ranked: Candidate[] = [];
    for (const [r, rung] of rungs.entries()) {
      const cut = candidates.map((one) => ({ ...one, settings: { ...one.settings, epochs: rung } }));
      const tried = await this.validate(cut, axes, rung / epochs);
      ranked = candidates.map((settings, c) => ({ settings, result: (tried[c] as Candidate).result }));
      const by = this.criterion(ranked, 'the settings drawn');
      ranked.sort((x, y) => criterionOf(y, by) - criterionOf(x, by));
      if (r < rungs.length - 1)
        candidates = ranked.slice(0, Math.ceil(ranked.length / 3)).map(({ settings }) => settings);
    }
    return ranked[0] as Candidate;
  }

  /** The best of the candidates, the first of equal ones; `what` they differ in, for the remark where Hit@10 cannot choose. */
  private choose(candidates: readonly Candidate[], what: string | undefined): Candidate {
    const by = this.criterion(candidates, what);
    return candidates.reduce((best, one) => (criterionOf(one, by) > criterionOf(best, by) ? one : best));
  }

  /** Place of the first criterion that is not the same for all that could be trained. */
  private criterion(candidates: readonly Candidate[], what: string | undefined): number {
    const known = candidates.filter(({ result }) => 'metric' in result);
    const first = known[0];
    if (!first || known.length < 2) return 0;
    const tells = (k: number): boolean => known.some((one) => criterionOf(one, k) !== criterionOf(first, k));
    const by = CRITERIA.findIndex((_, k) => tells(k));
    if (by !== 0 && what !== undefined) {
      const { label } = parseMethod(first.settings.method, this.catalogue);
      const chosen = by < 0 ? 'nothing could choose, and the first one stays' : `${CRITERIA[by]} chose`;
      this.remarks.push(
        `${label}, width ${first.settings.settings['dim']}, ${what}: validation Hit@10 was ${(100 * criterionOf(first, 0)).toFixed(2)} for all ${known.length} settings, so that ${chosen}`,
      );
    }
    return Math.max(0, by);
  }

  private get left(): number {
    return Math.max(0, this.options.budget - Math.round(this.spent));
  }

  private draw(base: TrialSettings, axes: readonly Axis[]): TrialSettings {
    const uniform = this.kernels.zeros([Math.max(1, axes.length)]);
    this.kernels.drawUniform(uniform, { seed: this.options.seed, stream: stream('tuning'), replicate: this.drawn++ });
    const u = this.kernels.floats(uniform);
    const settings = axes.reduce((drawn, axis, a) => {
      const share = u[a] as number;
      const [least, most] = [Math.min(...axis.values), Math.max(...axis.values)];
      const value = axis.continuous
        ? Number(exp(log(least) + share * (log(most) - log(least))).toPrecision(3))
        : (axis.values[Math.floor(share * axis.values.length)] as number);
      return withValue(axis, drawn, value);
    }, base.settings);
    return { ...base, settings };
  }

  /** How settings do that run side by side. */
  private async validate(settings: readonly TrialSettings[], axes: readonly Axis[], cost = 1): Promise<Candidate[]> {
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
      const method = parseMethod(one.method, this.catalogue);
      const values = Object.fromEntries(
        axes.map((axis) => [axis.name, valueAt(method, axis, one.settings) ?? Number.NaN]),
      );
      const { dim, epochs } = plainSettings.parse(one.settings);
      this.tried.push({
        method: method.label,
        values: { dim, ...values },
        epochs,
        ...('metric' in result ? { metric: result.metric } : { failure: result.failure }),
      });
    });
    return results.map((result, r) => ({ settings: settings[r] as TrialSettings, result }));
  }
}

/** A criterion of a setting; minus infinity where training failed. */
function criterionOf({ result }: Candidate, place: number): number {
  if ('failure' in result) return Number.NEGATIVE_INFINITY;
  return place === 0 ? result.metric : (result.finer?.[place - 1] ?? 0);
}
