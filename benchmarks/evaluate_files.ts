import { type Kernels, WasmKernels } from '../compute/index.js';
import { TEST, VALIDATION } from '../datasets/interactions.js';
import { knownItems } from '../datasets/known.js';
import { averageOf, itemValues } from '../evaluation/averages.js';
import { evaluate } from '../evaluation/evaluate.js';
import { metricsAt } from '../evaluation/metrics/registry.js';
import { type TestQuestion, testQuestion } from '../evaluation/question.js';
import { rank } from '../evaluation/ranks.js';
import type { EvaluationSettings } from '../evaluation/settings.js';
import type { Scorer } from '../models/scorer.js';
import { DivergedError } from '../models/trainer.js';
import type { NamedTable, ResultTable } from '../results/table.js';
import { World } from '../simulator/world.js';
import { UserError } from '../support/errors.js';
import { hashOf } from '../support/hash.js';
import type { Progress } from '../support/progress.js';
import { builtIn, type Catalogue } from './catalogue.js';
import { compareWithBest } from './comparison.js';
import type { FinishedTrial } from './finished.js';
import type { TrialLine } from './journal.js';
import type { OpenedData } from './suite_data.js';
import { suiteTables } from './suite_tables.js';
import type { Outcome, TrialResult, TrialSettings } from './trial.js';

/** Something with scores that is to be evaluated. */
export interface Candidate {
  readonly name: string;
  open(kernels: Kernels): Promise<{ readonly scorer: Scorer; dispose?(): void }>;
}

/** What the candidates came to. */
export interface EvaluatedFiles {
  readonly tables: readonly NamedTable[];
  readonly finished: readonly FinishedTrial[];
  readonly lines: readonly TrialLine[];
}

/** A candidate's own values by user, of each metric. */
type UserValues = Map<string, ReadonlyMap<number, number>>;

/**
 * Evaluates what others scored, as trained methods are: all metrics and estimates on the test part, the truth where it is known, and paired tests
 * between the candidates over users. Throws UserError where one has no score for what is asked.
 */
export async function evaluateFiles(
  opened: OpenedData,
  candidates: readonly Candidate[],
  evaluation: EvaluationSettings,
  progress: Progress,
  catalogue: Catalogue = builtIn,
): Promise<EvaluatedFiles> {
  const { data } = opened;
  const world = opened.world && (await World.create(opened.world));
  const kernels = new WasmKernels();
  const test = await testQuestion(kernels, data, TEST, evaluation);
  const validation = await testQuestion(kernels, data, VALIDATION, evaluation);
  const train = knownItems(data, 'train');
  const metrics = metricsAt(evaluation.cutoffs, catalogue.metrics).items;
  const finished: FinishedTrial[] = [];
  const perUser = new Map<string, UserValues>();
  progress.begin('evaluating', candidates.length);
  for (const [c, { name, open }] of candidates.entries()) {
    const own: UserValues = new Map();
    perUser.set(name, own);
    const { scorer, dispose } = await open(kernels);
    try {
      const result: TrialResult = {
        epochs: [],
        // Scores of the test pairs alone are enough to be evaluated.
        validation: await validationOf(scorer, validation, metrics),
        ...(await evaluate(
          {
            ...{ kernels, test, train, scorer, world, seed: evaluation.seed },
            propensity: () =>
              Promise.reject(new UserError('--propensity-model trains a model: use it with train or sweep')),
            onUsers: (values) => Object.entries(values).forEach(([metric, of]) => own.set(metric, of)),
          },
          evaluation,
          catalogue,
        )),
      };
      const settings: TrialSettings = { method: name, settings: {}, seed: evaluation.seed, evaluation };
      const outcome: Outcome = { result };
      const row = { label: name, method: name, variant: {} };
      finished.push({ data: opened.name, row, repetition: 0, settings, outcome });
    } catch (error) {
      throw error instanceof DivergedError ? new UserError(`${name}: ${error.message}`) : error;
    } finally {
      dispose?.();
    }
    progress.update(c + 1, name);
  }
  progress.end();
  const tables = suiteTables(
    'evaluate',
    ['standard', 'unbiased', 'expected'].map((show) => ({ show })),
    finished,
    new Map([[opened.name, opened.key]]),
    catalogue,
  ).map(({ name, table }) => ({ name, table: testedOverUsers(table, perUser) }));
  const lines = finished.map(({ row, settings, outcome }) => ({
    key: hashOf([settings, opened.sha256, row.label]),
    ...{ data: opened.name, row: row.label, repetition: 0, outcome },
  }));
  return { tables, finished, lines };
}

/** Validation metrics, where the scorer has scores for those pairs, too. */
async function validationOf(
  scorer: Scorer,
  question: TestQuestion,
  metrics: Parameters<typeof itemValues>[0],
): Promise<TrialResult['validation']> {
  try {
    return averageOf(itemValues(metrics, await rank(scorer, question)));
  } catch (error) {
    if (error instanceof UserError || error instanceof DivergedError) return {};
    throw error;
  }
}

/** A table of one value a row, tested over users where each has values of its own. */
function testedOverUsers(table: ResultTable, perUser: ReadonlyMap<string, UserValues>): ResultTable {
  const isMean = / standard evaluation$|: value in truth$/.test(table.title);
  if (!isMean || table.rows.length < 2) return table;
  const comparisons = table.columns.flatMap((column) => {
    const users = [
      ...(perUser
        .get(table.rows[0]?.label ?? '')
        ?.get(column)
        ?.keys() ?? []),
    ];
    if (users.length === 0) return [];
    const rows = table.rows.map(({ label }) => ({
      label,
      values: users.map((user) => perUser.get(label)?.get(column)?.get(user)),
    }));
    return compareWithBest(rows).map((test) => ({ column, ...test }));
  });
  const note = `${table.note.replace(/ ?Nothing is tested: fewer than three repetitions prove nothing\./, '')} *: the best of the column is better, p < 0.05 by Holm's correction over all pairs of rows: a paired t-test over users; of another training it says nothing.`;
  return { ...table, comparisons, note };
}
