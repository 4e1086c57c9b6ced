import { z } from 'zod';
import type { Interactions } from '../../datasets/interactions.js';
import type { PlantedOptions } from '../../datasets/planted.js';
import { preparationSchema } from '../../datasets/presets.js';
import { estimateNamed } from '../../evaluation/estimates/registry.js';
import { builtInEvaluation, type EvaluationCatalogue } from '../../evaluation/evaluate.js';
import { metricNamed } from '../../evaluation/metrics/registry.js';
import { choicesSchema } from '../../simulator/choices.js';
import type { WorldState } from '../../simulator/world_state.js';
import { LIMITS, mostText } from '../../support/limits.js';
import { isDevice } from '../../support/names.js';
import { SETTING_NAMES, settingsSchema } from '../settings.js';
import { STRATEGIES } from '../tuning.js';

/** What a table shows of a trial. */
const VIEWS = ['value', 'trust', 'side-by-side', 'online', 'errors', 'errors-standardised'] as const;
/** Such as "standard", "unbiased" (by the first of the weights) or "unbiased:1/exposure". */
export type View = string;

/** Whether a view is of an estimate. */
export const isEstimate = (view: View, { estimates }: EvaluationCatalogue): boolean =>
  estimates.has(view.split(':', 1)[0] as string);

const name = (what: string) => z.string().min(1).describe(what);
/** Refuses what `read` throws at, in its words. */
function saying(read: (text: string) => unknown): z.core.CheckFn<string> {
  return (context) => {
    try {
      read(context.value);
    } catch (error) {
      context.issues.push({ code: 'custom', message: (error as Error).message, input: context.value });
    }
  };
}

const dataSchema = z.strictObject({
  from: name('a prepared or simulated folder, a file of ratings, or the name of a data set'),
  name: name('what tables call it').optional(),
  prepare: preparationSchema
    .optional()
    .describe('how ratings are filtered and split, as by `datasets prepare`; by default as the data set usually is'),
  simulate: choicesSchema.optional(),
  at: z.number().optional().describe('its place on the axis of a figure over data sets'),
});

const methodSchema = z.strictObject({
  method: name('such as GMF, PS:GMF/Pop, ACL:GMF/GMF'),
  label: name('what tables call it').optional(),
  dimFactor: z
    .number()
    .positive()
    .optional()
    .describe('its width is so many times that of the others, e.g. 2 for as many parameters as ACL has'),
  settings: settingsSchema.optional(),
  optional: z
    .boolean()
    .optional()
    .describe('left out, and named, on data that lack what it needs, such as a simulated world'),
});

const published = z
  .record(z.string(), z.record(z.string(), z.record(z.string(), z.tuple([z.number(), z.number()]))))
  .describe('figures to show beside: by data set, row and metric, mean and standard deviation in percent');

const variable = z.enum(SETTING_NAMES.filter((name) => name !== 'set') as [string, ...string[]]);

const tuneSchema = z
  .strictObject({
    strategy: z.enum(STRATEGIES),
    budget: z
      .number()
      .int()
      .min(1)
      .max(LIMITS.tuningBudget.most, mostText('tuningBudget'))
      .describe('trainings that tuning one method may cost'),
    dims: z
      .array(z.number().int().min(1).max(LIMITS.width.most))
      .min(1)
      .max(LIMITS.widths.most)
      .optional()
      .describe('widths to try'),
  })
  .describe("choose each method's settings by validation Hit@10 first");

const repetitions = z.number().int().min(1).max(LIMITS.repetitions.most, mostText('repetitions'));
const methods = z
  .array(z.union([name('such as GMF, PS:GMF/Pop, ACL:GMF/GMF'), methodSchema]))
  .min(1)
  .describe('what is compared');
const vary = z
  .partialRecord(variable, z.array(z.union([z.number(), z.string(), z.boolean()])).min(1))
  .describe('settings that take several values; methods are run with every combination that concerns them');

const budgetSchema = z.strictObject({
  repetitions: repetitions.optional(),
  settings: settingsSchema.optional(),
  vary: vary.optional(),
  tune: tuneSchema.optional(),
});

/** What a budget says in the place of the suite. */
export type Limits = z.infer<typeof budgetSchema>;

export const BUDGETS = ['small', 'paper'] as const;
export type BudgetName = (typeof BUDGETS)[number];

/** A suite as it stands in a file, with the names that there are. Everything that a sweep depends on, besides data and options of the command line. */
export function suiteSchemaOf(catalogue: EvaluationCatalogue = builtInEvaluation) {
  /** A metric by name, such as "ndcg@10". */
  const metric = z.string().check(saying((text) => metricNamed(text, catalogue.metrics)));
  const views = [...VIEWS, ...catalogue.estimates.names];
  /** `oracle` is what `expected` was called before. */
  const view = z
    .union([
      z.enum([...views, 'oracle'], `must be one of ${views.join(', ')}`),
      z
        .string()
        .check(saying((text) => estimateNamed(text, catalogue.estimates)))
        .describe('an estimate with its argument, such as unbiased:1/exposure'),
    ])
    .transform((named): View => (named === 'oracle' ? 'expected' : named));

  const tableSchema = z.strictObject({
    show: view,
    metrics: z.array(metric).min(1).optional(),
    published: published.optional(),
  });

  const figureSchema = z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('training').describe('objective and validation metric of f and g, epoch by epoch'),
      name: name('the name of its files').optional(),
    }),
    z.strictObject({
      kind: z
        .literal('data')
        .describe('value in truth and Hit@10 against the place of the data, and where the order turns'),
      name: name('the name of its files').optional(),
      x: name('what the place is, for the axis'),
    }),
    z.strictObject({
      kind: z.literal('setting').describe('metrics against a setting that varies'),
      name: name('the name of its files').optional(),
      x: variable,
      show: view.optional(),
      metrics: z.array(metric).min(1).optional(),
      sides: z
        .array(z.enum(['f', 'g']))
        .min(1)
        .optional()
        .describe('whether to draw f, g or both'),
    }),
  ]);

  return z.strictObject({
    $schema: z.string().optional().describe('where an editor finds the schema'),
    name: z
      .string()
      .regex(/^[\w-]{1,100}$/, 'must be of at most 100 letters, digits, - and _')
      .refine((suite) => !isDevice(suite), 'is a name that Windows keeps for a device')
      .describe('part of the names of tables'),
    summary: z.string().optional().describe('one line for people'),
    data: z
      .array(z.union([name('a folder, a file, or the name of a data set'), dataSchema]))
      .min(1)
      .describe('data sets; all methods run on each'),
    methods,
    settings: settingsSchema.optional(),
    vary: vary.optional(),
    tune: tuneSchema.optional(),
    repetitions: repetitions.optional().describe('trainings of every method, with seeds that follow one another'),
    online: z
      .strictObject({
        page: z.number().int().min(1).max(1000).optional().describe('items that a user is shown'),
        decay: z.number().min(0).max(10).optional().describe('the k-th item is clicked with p_rel k^-decay'),
      })
      .optional()
      .describe('deploy every trained method in the simulated world'),
    tables: z
      .array(z.union([view, tableSchema]))
      .optional()
      .describe('by default standard, and unbiased and expected for simulated data'),
    figures: z.array(figureSchema).optional(),
    budgets: z.strictObject({ small: budgetSchema, paper: budgetSchema }).partial().optional(),
  });
}

type SuiteSchema = ReturnType<typeof suiteSchemaOf>;

/** A suite as a person writes it. */
export type Suite = z.input<SuiteSchema>;
export type SuiteTable = Exclude<NonNullable<z.infer<SuiteSchema>['tables']>[number], string>;
export type SuiteFigure = NonNullable<z.infer<SuiteSchema>['figures']>[number];
export type SuiteMethod = z.infer<typeof methodSchema>;
export type Variant = Readonly<Record<string, number | string | boolean>>;

/** JSON Schema of a suite's file, for editors. */
export function suiteJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(suiteSchemaOf(), { io: 'input' }) as { $schema: string };
  return { $schema, title: 'A suite of expobench', ...schema };
}

/** Data to run on, opened: what trials see of it. */
export interface TrialData {
  /** What tables call it. */
  readonly name: string;
  readonly data: Interactions;
  /** The truth behind simulated data. */
  readonly world?: WorldState | undefined;
  /** Of ratings of the planted world, what it was made by. */
  readonly planted?: PlantedOptions | undefined;
}
