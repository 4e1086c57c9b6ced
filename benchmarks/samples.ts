import type { Metrics } from '../evaluation/metrics/metric.js';
import { type TableRow, WORSE } from '../results/table.js';
import { layersOf, meanMoves, type Sample } from '../support/layers.js';
import { decodeMoves, encodeMoves } from '../support/moves.js';
import { LAYERS, type Layer } from '../support/statistics.js';
import { type FinishedTrial, resultOf } from './finished.js';
import type { TrialResult } from './trial.js';

/** Metrics with what groups of users have in them: an estimate, or what lists are worth in truth. */
export interface Measured {
  readonly metrics: Metrics;
  readonly groups?: Readonly<Record<string, string>> | undefined;
}

/** A metric over the trials of a row, with the chance in it; `scale` is what numbers are multiplied by. */
export function sampleOf(
  trials: readonly FinishedTrial[],
  measured: (result: TrialResult) => Measured | undefined,
  metric: string,
  scale: (result: TrialResult) => number = () => 1,
): Sample {
  const all = trials.map((trial) => {
    const result = resultOf(trial);
    const found = result && measured(result);
    const value = found?.metrics[metric];
    if (!result || value === undefined) return {};
    const factor = scale(result);
    return { value: factor * value, groups: decodeMoves(found?.groups?.[metric])?.map((move) => factor * move) };
  });
  return { values: all.map(({ value }) => value), groups: all.map(({ groups }) => groups), ...drawsOf(trials) };
}

/** A number over trials of which nothing is known by user. */
export const plainSample = (
  trials: readonly FinishedTrial[],
  pick: (result: TrialResult) => number | undefined,
): Sample => ({
  values: trials.map((trial) => {
    const result = resultOf(trial);
    return result && pick(result);
  }),
  ...drawsOf(trials),
});

/** What a table keeps of a row's samples, by column, for comparisons of runs. */
export function movesOf(samples: readonly (readonly [column: string, sample: Sample])[]): Pick<TableRow, 'moves'> {
  const known = samples.flatMap(([column, sample]) => {
    const moves = meanMoves(sample);
    return moves ? [[column, encodeMoves(moves)] as const] : [];
  });
  return known.length > 0 ? { moves: Object.fromEntries(known) } : {};
}

/** On which draw of the clicks trials ran, where there are several. */
export function drawsOf(trials: readonly Pick<FinishedTrial, 'draw'>[]): Pick<Sample, 'draws'> {
  return trials.some(({ draw }) => draw !== undefined) ? { draws: trials.map(({ draw = 0 }) => draw) } : {};
}

/** What a sentence about chance must know besides the numbers. */
export interface ChanceContext {
  /** How many users means are over. */
  readonly users?: number | undefined;
  /** Whether the clicks were drawn in a world, and could be drawn again. */
  readonly isSimulated: boolean;
  /** Whether rows are compared. */
  readonly isTested?: boolean;
}

/** Says which layers of chance the intervals of some samples count, and which they do not. */
export function chanceNote(samples: readonly Sample[], { users, isSimulated, isTested }: ChanceContext): string {
  const known = samples.filter(({ values }) => values.some((value) => value !== undefined));
  const layers = LAYERS.filter(
    (layer) => known.length > 0 && known.every((sample) => layersOf(sample).includes(layer)),
  );
  const repetitions = Math.max(0, ...known.map(({ values }) => values.length));
  const draws = Math.max(1, ...known.map((sample) => new Set(sample.draws).size));
  const names: Readonly<Record<Layer, string>> = {
    training: `training (${repetitions} ${repetitions === 1 ? 'seed' : 'seeds'})`,
    users: `who the users are${users === undefined ? '' : ` (${Math.round(users).toLocaleString('en')})`}`,
    draws: `the draw of clicks (${draws} draws)`,
  };
  const remedies: Readonly<Record<Layer, string>> = {
    training: 'training (--repetitions)',
    users: 'who the users are',
    draws: isSimulated ? 'the draw of clicks (--draws)' : 'which clicks were recorded',
  };
  const left = LAYERS.filter((layer) => !layers.includes(layer)).map((layer) => remedies[layer]);
  if (layers.length === 0) return `No interval stands here: chance in ${listed(left, 'or')} is not allowed for.`;
  const counted = listed(
    layers.map((layer) => names[layer]),
    'and',
  );
  const but = left.length > 0 ? `, not in ${listed(left, 'or')}` : '';
  return `Intervals${isTested ? ` and ${WORSE}` : ''} allow for chance in ${counted}${but}.`;
}

/** "a, b and c" */
const listed = (parts: readonly string[], word: string): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`;
