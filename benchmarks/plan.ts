import picomatch from 'picomatch';
import { evaluation } from '../evaluation/settings.js';
import type { Method } from '../methods/method.js';
import { parseMethod, refuseUnused } from '../methods/registry.js';
import { concerning, plainSettings } from '../methods/settings.js';
import { optionName, UserError } from '../support/errors.js';
import { checkLimit } from '../support/limits.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { choicesOf, type Settings } from './settings.js';
import {
  type BudgetName,
  type Limits,
  type Suite,
  type SuiteFigure,
  type SuiteMethod,
  type SuiteTable,
  suiteSchemaOf,
  type Variant,
  type View,
} from './suites/suite.js';
import type { TrialSettings } from './trial.js';
import type { TuningOptions } from './tuning.js';

/** What the user says of a sweep besides the suite. */
export interface PlanOptions {
  readonly budget?: BudgetName | undefined;
  /** Methods instead of the suite's. */
  readonly methods?: readonly string[] | undefined;
  /** Patterns of labels to keep, such as "ACL*". */
  readonly only?: readonly string[] | undefined;
  readonly repetitions?: number | undefined;
  /** How often the final clicks of a simulated world are drawn; 1 where absent. */
  readonly draws?: number | undefined;
  /** Test clicks of each user of a simulated world; 1 where absent. */
  readonly testClicks?: number | undefined;
  /** Seed of the first repetition; the others follow it. */
  readonly seed: number;
  /** Settings that hold whatever the suite says. */
  readonly settings?: Settings | undefined;
  /** What names mean. */
  readonly catalogue?: Catalogue | undefined;
}

/** A row of a suite's tables: a method with its settings, to be trained several times. */
export interface PlannedRow {
  readonly label: string;
  /** The method's label, without what varies. */
  readonly method: string;
  readonly variant: Variant;
  /** With the seed of the first repetition. */
  readonly settings: TrialSettings;
  readonly tuning?: TuningOptions | undefined;
  /** Whether it is left out on data that lack what it needs, instead of refused. */
  readonly isOptional?: boolean | undefined;
}

/** What a sweep does on every data set. */
export interface Plan {
  readonly suite: string;
  readonly budget: BudgetName;
  /** On each draw of the clicks. */
  readonly repetitions: number;
  /** Draws of the final clicks of each simulated world. */
  readonly draws: number;
  /** Test clicks of each user of a simulated world. */
  readonly testClicks: number;
  readonly rows: readonly PlannedRow[];
  readonly tables: readonly SuiteTable[];
  readonly figures: readonly SuiteFigure[];
  readonly catalogue: Catalogue;
}

/** What a budget is where the suite does not say. */
const BUDGET_DEFAULTS: Readonly<Record<BudgetName, Limits>> = {
  small: {},
  paper: { repetitions: 10, tune: { strategy: 'one-by-one', budget: 32 } },
};

const REPETITIONS = 3;

/** Works out a suite's rows with their settings. Throws UserError for unknown methods, and settings that nothing looks at. */
export function planSuite(written: Suite, options: PlanOptions): Plan {
  const { catalogue = builtIn } = options;
  const suite = suiteSchemaOf(catalogue).parse(written);
  const budget = options.budget ?? 'small';
  const limits: Limits = { ...BUDGET_DEFAULTS[budget], ...suite.budgets?.[budget] };
  const given = options.settings ?? {};
  const entries = chosenMethods(options.methods ?? suite.methods, options.only, catalogue);
  const methods = entries.map(({ parsed }) => parsed);
  refuseUnused(methods, choicesOf(given, options.seed, optionName, catalogue).settings);
  const inSuite = (name: string): string => `suite "${suite.name}", ${name}`;
  if (!options.methods && !options.only)
    refuseUnused(methods, choicesOf(suite.settings ?? {}, options.seed, inSuite, catalogue).settings);
  const vary = Object.entries({ ...suite.vary, ...limits.vary }).flatMap(([name, values]) =>
    values && !(name in given) ? [[name, values] as const] : [],
  );
  const tune = limits.tune ?? suite.tune;
  const rows = entries.flatMap(({ entry, parsed }) =>
    variantsOf(vary, parsed).map(({ variant, shown }): PlannedRow => {
      const merged = { ...suite.settings, ...limits.settings, ...entry.settings, ...variant, ...given } as Settings;
      const base = choicesOf(merged, options.seed, inSuite, catalogue);
      const widened = (dim: number): number => {
        const wide = Math.max(1, Math.round(dim * (entry.dimFactor ?? 1)));
        checkLimit('width', wide, inSuite(`dimFactor ${entry.dimFactor} of ${entry.method}`));
        return wide;
      };
      const dim = widened(plainSettings.parse(base.settings).dim);
      const method = entry.label ?? parsed.label + widthText(entry.dimFactor);
      const { page = 10, decay = 0 } = suite.online ?? {};
      return {
        label: [method, ...shown.map((name) => `${name} ${variant[name]}`)].join(', '),
        method,
        variant,
        settings: {
          ...base,
          ...{ method: parsed.text, settings: concerning(parsed, { ...base.settings, dim }) },
          ...(catalogue.modules.length > 0 && { modules: catalogue.modules.map(({ sha256 }) => sha256) }),
          ...(suite.online && { deployment: { page, decay, seed: options.seed } }),
        },
        ...(entry.optional && { isOptional: true }),
        ...(tune && {
          tuning: {
            ...{ strategy: tune.strategy, budget: tune.budget, seed: options.seed },
            dims: parsed.tuning.length > 1 ? [dim] : (tune.dims?.map(widened) ?? [dim]),
          },
        }),
      };
    }),
  );
  checkLimit('rows', rows.length, inSuite('methods'));
  const labels = rows.map(({ label }) => label);
  const twice = labels.find((label, r) => labels.indexOf(label) !== r);
  if (twice !== undefined)
    throw new UserError(
      `suite "${suite.name}": two rows would be called "${twice}": give one of them a label of its own`,
    );
  const repetitions = options.repetitions ?? limits.repetitions ?? suite.repetitions ?? REPETITIONS;
  const { draws = 1, testClicks = 1 } = options;
  checkLimit('trials', rows.length * repetitions * draws * suite.data.length, inSuite('with its data and repetitions'));
  return {
    suite: suite.name,
    budget,
    repetitions,
    draws,
    testClicks,
    rows,
    tables: (suite.tables ?? ['standard', 'unbiased', 'expected']).map((table) =>
      typeof table === 'string' ? { show: table as View } : table,
    ),
    figures: suite.figures ?? [],
    catalogue,
  };
}

interface ChosenMethod {
  readonly entry: SuiteMethod;
  readonly parsed: Method;
}

/** The methods asked for, each once. Throws UserError where the patterns match none. */
function chosenMethods(
  given: readonly (string | SuiteMethod)[],
  only: readonly string[] | undefined,
  catalogue: Catalogue,
): ChosenMethod[] {
  const all = given.map((entry) => {
    const method = typeof entry === 'string' ? { method: entry } : entry;
    return { entry: method, parsed: parseMethod(method.method, catalogue) };
  });
  const nameOf = ({ entry, parsed }: ChosenMethod): string =>
    JSON.stringify([entry.label, parsed.label, entry.dimFactor, entry.settings]);
  const distinct = all.filter((one, n) => all.findIndex((other) => nameOf(other) === nameOf(one)) === n);
  if (!only) return distinct;
  // As labels are printed, or as methods are written.
  const isMatch = picomatch(only as string[], { nocase: true, bash: true });
  const kept = distinct.filter(({ entry, parsed }) =>
    [entry.label ?? '', parsed.label, entry.method].some((name) => isMatch(name)),
  );
  if (kept.length === 0) {
    const known = [...new Set(distinct.map(({ parsed }) => parsed.label))];
    throw new UserError(`--only ${only.join(' ')} matches none of the methods: ${known.join(', ')}`);
  }
  return kept;
}

const widthText = (factor = 1): string =>
  factor === 1 ? '' : factor === 2 ? ', twice as wide' : `, ${factor} times as wide`;

/** Every combination of what varies and concerns the method; `shown` names what a label must say. */
function variantsOf(
  vary: readonly (readonly [string, readonly (number | string | boolean)[]])[],
  method: Method,
): { variant: Variant; shown: string[] }[] {
  const own = vary.filter(([name]) => concerns(name, method));
  const shown = own.filter(([, values]) => values.length > 1).map(([name]) => name);
  const count = own.reduce((product, [, values]) => product * values.length, 1);
  checkLimit('rows', count, `${method.label} with every combination of ${own.map(([name]) => name).join(', ')}`);
  let variants: Variant[] = [{}];
  for (const [name, values] of own)
    variants = variants.flatMap((variant) => values.map((value) => ({ ...variant, [name]: value })));
  return variants.map((variant) => ({ variant, shown }));
}

/** Whether a method looks at a setting: evaluation concerns all, and of the trainer a closed form knows the width alone. */
function concerns(name: string, { settings, players }: Method): boolean {
  if (name in evaluation || name === 'dim') return true;
  return players[0]?.trained === true && (name === 'backend' || name in settings.shape);
}
