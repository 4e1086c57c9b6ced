import { type ResultTable, WORSE_NOTE } from '../../results/table.js';
import { summarize } from '../../support/statistics.js';
import { compareWithBest } from '../comparison.js';
import { concerning, parseMethod } from '../method.js';
import { METRICS, type Metrics } from '../metrics.js';
import type { TrialResult } from '../trial.js';
import type { FinishedTrial, Suite } from './suite.js';

/** Models on one data set, with standard and, on simulated data, unbiased evaluation and the oracle. */
export const quick: Suite = {
  name: 'quick',
  summary: 'Pop, CF, MF, GMF and MLP on one prepared or simulated data set',
  models: ['Pop', 'CF', 'MF', 'GMF', 'MLP'],

  /** The seed of a repetition draws weights, negatives and candidates, so that every model meets the same candidates. */
  trials({ models, repetitions, seed, dim, trainer, evaluation, unbiased, method, report }) {
    return models.map(parseMethod).flatMap((parsed, m) =>
      Array.from({ length: repetitions }, (_, repetition) => ({
        row: parsed.label,
        repetition,
        settings: {
          ...{ model: models[m] as string, dim, unbiased, report, method: concerning(parsed, method) },
          trainer: { ...trainer, seed: seed + repetition },
          evaluation: { ...evaluation, seed: seed + repetition },
        },
      })),
    );
  },

  tables(finished, dataName) {
    const candidates = finished[0]?.trial.settings.evaluation.candidates ?? 0;
    const among = candidates > 0 ? `${candidates} sampled items` : 'all items';
    const tables = [
      table(
        finished,
        `${dataName}: standard evaluation`,
        (result) => result.standard,
        `Percent, mean (sd) over repetitions; each test item ranked among ${among}.${collapsed(finished)}`,
      ),
    ];
    if (finished.some(({ outcome }) => 'result' in outcome && outcome.result.unbiased)) {
      const { weight, clip } = finished[0]?.trial.settings.unbiased ?? { weight: '', clip: 0 };
      const clipped = clip > 0 ? `, p_exp at least ${clip}` : '';
      tables.push(
        table(
          finished,
          `${dataName}: unbiased evaluation`,
          (result) => result.unbiased?.metrics,
          `The same, test items weighted by ${weight} from the truth${clipped}${worth(finished)}.`,
        ),
      );
    }
    if (finished.some(({ outcome }) => 'result' in outcome && outcome.result.oracle)) {
      tables.push(
        table(
          finished,
          `${dataName}: oracle`,
          (result) => result.oracle,
          "Percent, mean (sd) over repetitions; exact expectation under the world's truth of a test item drawn in proportion to relevance.",
        ),
      );
    }
    return tables;
  },
};

/** Which rows had an exposure model that came to nothing, as a sentence; empty where none had. */
function collapsed(finished: readonly FinishedTrial[]): string {
  const labels = [...new Set(finished.map(({ trial }) => trial.row))].flatMap((label) => {
    const own = finished.filter(({ trial }) => trial.row === label);
    const lost = own.filter(({ outcome }) => 'result' in outcome && outcome.result.exposure?.collapsed).length;
    return lost > 0 ? [`${label} (${lost} of ${own.length})`] : [];
  });
  return labels.length > 0
    ? ` The exposure model has collapsed, so that training was plain after all: ${labels.join(', ')}.`
    : '';
}

/** ", worth 120 equally weighted ones": the mean effective size over trials. */
function worth(finished: readonly FinishedTrial[]): string {
  const sizes = finished.flatMap(({ outcome }) =>
    'result' in outcome && outcome.result.unbiased ? [outcome.result.unbiased.size] : [],
  );
  return `, worth ${Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)} equally weighted ones`;
}

function table(
  finished: readonly FinishedTrial[],
  title: string,
  pick: (result: TrialResult) => Metrics | undefined,
  note: string,
): ResultTable {
  const rows = [...new Set(finished.map(({ trial }) => trial.row))].map((label) => {
    const own = finished.filter(({ trial }) => trial.row === label);
    const failures = own.flatMap(({ outcome }) => ('failure' in outcome ? [outcome.failure] : []));
    const metrics = own.map(({ outcome }) => ('result' in outcome ? pick(outcome.result) : undefined));
    const values = Object.fromEntries(METRICS.map((name) => [name, metrics.map((m) => m?.[name])]));
    const cells = Object.fromEntries(
      METRICS.map((name) => {
        const present = (values[name] as (number | undefined)[]).filter((value) => value !== undefined);
        return [name, present.length > 0 ? summarize(present) : undefined];
      }),
    );
    return {
      label,
      cells,
      values,
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${own.length}, ${failures[0]}` }),
    };
  });
  const comparisons = METRICS.flatMap((column) =>
    compareWithBest(rows.map(({ label, values }) => ({ label, values: values[column] ?? [] }))).map((test) => ({
      column,
      ...test,
    })),
  );
  const marked = comparisons.length > 0 ? `${note} ${WORSE_NOTE}` : note;
  return { title, note: marked, columns: METRICS, rows, comparisons };
}
