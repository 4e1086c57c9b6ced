import { ANCHORS } from '../evaluation/truth/anchors.js';
import type { CurvesFigure, FigurePoint, FigureSeries } from '../results/figure.js';
import { type Sample, summarizeSample } from '../support/layers.js';
import { type FinishedTrial, groupBy, resultOf } from './finished.js';
import { chanceNote, plainSample, sampleOf } from './samples.js';

const VALUE = 'value@10';

/** What a panel shows of trials. */
type Pick = (trials: readonly FinishedTrial[]) => Sample;

/**
 * Methods over data sets that lie along an axis, such as worlds of one kind whose exposure is stronger and stronger: value in truth, with what it is
 * read against, and Hit@10 of test clicks; the latter alone where no truth is known. Undefined where fewer than two data sets have a place, or nothing came of any trial.
 */
export function dataFigure(
  x: string,
  finished: readonly FinishedTrial[],
  places: ReadonlyMap<string, number>,
): CurvesFigure | undefined {
  const placed = finished.filter(({ data }) => places.has(data));
  const xs = [...new Set(placed.map(({ data }) => places.get(data) as number))].sort((a, b) => a - b);
  if (xs.length < 2) return undefined;
  const hasTruth = placed.some((trial) => resultOf(trial)?.truth);
  const at = (place: number): FinishedTrial[] => placed.filter(({ data }) => places.get(data) === place);
  const labels = [...groupBy(placed, ({ row }) => row.label).keys()];
  const methods = (pick: Pick): FigureSeries[] =>
    labels.map((label) => ({
      ...{ label, group: label },
      points: xs.flatMap((place) =>
        pointOf(
          place,
          at(place).filter(({ row }) => row.label === label),
          pick,
        ),
      ),
    }));
  const anchors = ANCHORS.filter((name) => name !== 'ideal').map(
    (name): FigureSeries => ({
      ...{ label: name, group: name, dashed: true, isReference: true },
      points: xs.flatMap((place) =>
        pointOf(place, at(place).slice(0, 1), (trials) =>
          plainSample(trials, ({ truth }) => truth?.anchors[name][VALUE]),
        ),
      ),
    }),
  );
  const value: Pick = (trials) =>
    sampleOf(trials, ({ truth }) => truth && { metrics: truth.values, groups: truth.groups }, VALUE);
  const hit: Pick = (trials) => sampleOf(trials, ({ estimates }) => estimates['standard'], 'hit@10');
  const rows = labels.flatMap((label) => xs.map((place) => at(place).filter(({ row }) => row.label === label)));
  const clicks = { title: 'standard evaluation', x, y: 'Hit@10, percent', series: methods(hit) };
  if (!placed.some(resultOf)) return undefined; // nothing but failures
  if (!hasTruth)
    return {
      title: `By ${x}`,
      note: [
        'Hit@10 of test items. Bands are 95 percent intervals.',
        chanceNote(
          rows.map((trials) => hit(trials)),
          { isSimulated: false },
        ),
      ].join(' '),
      across: 1,
      panels: [clicks],
    };
  return {
    title: `By ${x}`,
    note: [
      'Left: value@10, expected clicks in 100 shown; dashed what it is read against. Right: Hit@10 of test clicks. Bands are 95 percent intervals.',
      chanceNote(
        rows.flatMap((trials) => [value(trials), hit(trials)]),
        { isSimulated: true },
      ),
      `In truth ${leadersText(leaders(xs, at, labels, value))}; by Hit@10 ${leadersText(leaders(xs, at, labels, hit))}.`,
    ].join(' '),
    across: 2,
    panels: [{ title: 'value in truth', x, y: 'value@10, percent', series: [...methods(value), ...anchors] }, clicks],
  };
}

function pointOf(x: number, trials: readonly FinishedTrial[], pick: Pick): FigurePoint[] {
  const found = summarizeSample(pick(trials));
  if (!found) return [];
  const { n, mean, interval } = found;
  return [{ x, n, mean: 100 * mean, ...(interval && { low: 100 * interval[0], high: 100 * interval[1] }) }];
}

/** Who is first at each place. */
function leaders(
  xs: readonly number[],
  at: (place: number) => readonly FinishedTrial[],
  labels: readonly string[],
  pick: Pick,
): { place: number; label: string }[] {
  return xs.map((place) => {
    const means = labels.map((label) => {
      const [point] = pointOf(
        place,
        at(place).filter(({ row }) => row.label === label),
        pick,
      );
      return point?.mean ?? Number.NEGATIVE_INFINITY;
    });
    return { place, label: labels[means.indexOf(Math.max(...means))] as string };
  });
}

/** "MF is first to 0.5, Pop from 1 on": where the order turns at its head. */
function leadersText(first: readonly { place: number; label: string }[]): string {
  const turns = first.filter(({ label }, k) => k === 0 || label !== first[k - 1]?.label);
  if (turns.length === 1) return `${turns[0]?.label} is first everywhere`;
  return turns.map(({ place, label }, k) => `${label} is first ${k === 0 ? 'at' : 'from'} ${place}`).join(', ');
}
