import type { ResultTable } from '../../results/table.js';
import { summarize } from '../../support/statistics.js';
import { concerning, parseMethod } from '../method.js';
import { METRICS, type Metrics } from '../metrics.js';
import type { TrialResult } from '../trial.js';
import type { FinishedTrial, Suite } from './suite.js';

/** Every simple model on one data set, with standard and, on simulated data, unbiased evaluation. */
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
        `Percent, mean (sd) over repetitions; each test item ranked among ${among}.`,
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
    return tables;
  },
};

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
    const metrics = own
      .flatMap(({ outcome }) => ('result' in outcome ? [pick(outcome.result)] : []))
      .filter((m) => m !== undefined);
    const cells = Object.fromEntries(
      METRICS.map((name) => [name, metrics.length > 0 ? summarize(metrics.map((m) => m[name])) : undefined]),
    );
    return {
      label,
      cells,
      ...(failures[0] !== undefined && { failed: `${failures.length} of ${own.length}, ${failures[0]}` }),
    };
  });
  return { title, note, columns: METRICS, rows };
}
