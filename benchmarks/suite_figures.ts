import type { CurvesFigure, FigurePanel, FigurePoint, FigureSeries, NamedFigure } from '../results/figure.js';
import { type Sample, summarizeSample } from '../support/layers.js';
import { fileName } from '../support/names.js';
import { dataFigure } from './data_figures.js';
import { type FinishedTrial, groupBy, resultOf } from './finished.js';
import { chanceNote, drawsOf, plainSample, sampleOf } from './samples.js';
import { estimateIn } from './suite_tables.js';
import type { SuiteFigure } from './suites/suite.js';
import type { TrialResult } from './trial.js';
import { slopesOf, valuesOf } from './truth_tables.js';

/** A suite's figures, one of each kind for every data set that has something to draw; `places` are those of data sets along an axis. */
export function suiteFigures(
  suite: string,
  figures: readonly SuiteFigure[],
  finished: readonly FinishedTrial[],
  places: ReadonlyMap<string, number> = new Map(),
): NamedFigure<CurvesFigure>[] {
  const byData = groupBy(finished, ({ data }) => data);
  return figures.flatMap((figure) => {
    if (figure.kind === 'data') {
      const drawn = dataFigure(figure.x, finished, places);
      return drawn
        ? [{ name: figure.name === undefined ? `${suite}-by-data` : fileName(figure.name), figure: drawn }]
        : [];
    }
    return [...byData].flatMap(([data, trials]): NamedFigure<CurvesFigure>[] => {
      const drawn = figure.kind === 'training' ? trainingFigure(data, trials) : settingFigure(figure, data, trials);
      const given = figure.name === undefined ? undefined : fileName(figure.name);
      const name = given ?? (figures.length > 1 ? `${suite}-${figure.kind}` : suite);
      return drawn ? [{ name: byData.size > 1 ? `${name}-${fileName(data)}` : name, figure: drawn }] : [];
    });
  });
}

/** For each data set whose truth is known, ranks by clicks against ranks by truth, and values against what could be. */
export function truthFigures(suite: string, finished: readonly FinishedTrial[]): NamedFigure[] {
  const byData = groupBy(finished, ({ data }) => data);
  return [...byData].flatMap(([data, trials]): NamedFigure[] => {
    const name = (kind: string): string => [suite, ...(byData.size > 1 ? [fileName(data)] : []), kind].join('-');
    const [slopes, values] = [slopesOf(trials, data), valuesOf(trials, data)];
    return [
      ...(slopes ? [{ name: name('truth'), figure: slopes }] : []),
      ...(values ? [{ name: name('value'), figure: values }] : []),
    ];
  });
}

const BANDS = 'Bands are 95 percent intervals of the mean.';

/** Mean and interval; none where there is no value. */
function pointOf(x: number, sample: Sample, factor = 1): FigurePoint[] {
  const found = summarizeSample(sample);
  if (!found) return [];
  const { n, mean, interval } = found;
  return [{ x, n, mean: factor * mean, ...(interval && { low: factor * interval[0], high: factor * interval[1] }) }];
}

/** What a reader must know of the bands of some samples. */
const bandsNote = (samples: readonly Sample[], trials: readonly FinishedTrial[]): string =>
  `${BANDS} ${chanceNote(samples, { isSimulated: trials.some((trial) => resultOf(trial)?.truth) })}`;

/**
 * Figures A.1 and A.2: the objective and the validation metric of f and g by epoch. Training ends sooner in some repetitions: an epoch counts
 * while at least half of them still run.
 */
function trainingFigure(data: string, trials: readonly FinishedTrial[]): CurvesFigure | undefined {
  const methods = [...groupBy(trials, ({ row }) => row.method)];
  const curves = {
    objective: {
      f: (record: TrialResult['epochs'][number]) => record.loss,
      g: (record: TrialResult['epochs'][number]) => record.exposure?.game?.regularizer,
    },
    metric: {
      f: (record: TrialResult['epochs'][number]) => 100 * record.metric,
      g: (record: TrialResult['epochs'][number]) =>
        record.exposure?.game ? 100 * record.exposure.game.metric : undefined,
    },
  };
  const panel = (kind: keyof typeof curves, method: string, own: readonly FinishedTrial[]): FigurePanel => ({
    title: `${method}: ${kind === 'objective' ? 'objective' : 'validation'}`,
    x: 'epoch',
    y: kind === 'objective' ? 'objective' : 'Hit@10, percent',
    series: [...groupBy(own, ({ row }) => row.label)].flatMap(([label, repetitions]) => {
      const records = repetitions.map((trial) => resultOf(trial)?.epochs ?? []);
      const variant = label === method ? '' : label.slice(method.length + 2);
      const longest = Math.max(...records.map(({ length }) => length));
      return (['f', 'g'] as const).flatMap((side): FigureSeries[] => {
        const points = Array.from({ length: longest }, (_, epoch) => {
          const values = records.map((record) => record[epoch] && curves[kind][side](record[epoch]));
          const running = values.filter((value) => value !== undefined).length;
          return 2 * running >= records.length ? pointOf(epoch + 1, { values, ...drawsOf(repetitions) }) : [];
        }).flat();
        const name = variant === '' ? side : `${side}, ${variant}`;
        return points.length > 0 ? [{ label: name, group: variant, dashed: side === 'g', points }] : [];
      });
    }),
  });
  const panels = (['objective', 'metric'] as const).flatMap((kind) =>
    methods.map(([method, own]) => panel(kind, method, own)),
  );
  if (panels.every(({ series }) => series.length === 0)) return undefined;
  const [first = []] = groupBy(trials, ({ row }) => row.label).values();
  const shown = plainSample(first, ({ epochs }) => epochs[0]?.loss);
  return {
    title: `${data}: training of f and g`,
    note: `Above, what f minimizes and the cross-entropy of g; below, Hit@10 on the validation part. ${bandsNote([shown], trials)}`,
    across: methods.length,
    panels,
  };
}

/** Figures A.3 and A.4: metrics against a setting. */
function settingFigure(
  { x, show = 'standard', metrics = ['hit@10', 'ndcg@10'], sides = ['f'] }: Extract<SuiteFigure, { kind: 'setting' }>,
  data: string,
  trials: readonly FinishedTrial[],
): CurvesFigure | undefined {
  const panelOf = (metric: string): FigurePanel => ({
    title: metric,
    x,
    y: 'percent',
    series: [...groupBy(trials, ({ row }) => seriesName(row, x))].flatMap(([label, own]) =>
      sides.flatMap((side): FigureSeries[] => {
        const byValue = [...groupBy(own, ({ row }) => Number(row.variant[x]))].filter(
          ([value]) => !Number.isNaN(value),
        );
        const points = byValue.flatMap(([value, repetitions]) =>
          pointOf(value, sampleIn(repetitions, side, metric), 100),
        );
        const name = sides.length > 1 ? `${label}: ${side}` : label;
        points.sort((a, b) => a.x - b.x);
        return points.length > 0 ? [{ label: name, group: label, dashed: side === 'g', points }] : [];
      }),
    ),
  });
  const sampleIn = (own: readonly FinishedTrial[], side: 'f' | 'g', metric: string): Sample =>
    side === 'f'
      ? sampleOf(own, (result) => estimateIn(show, result), metric)
      : plainSample(own, ({ exposureStandard }) => (show === 'standard' ? exposureStandard?.[metric] : undefined));
  const panels = metrics.map(panelOf);
  if (panels.every(({ series }) => series.length === 0)) return undefined;
  const rows = [...groupBy(trials, ({ row }) => row.label).values()];
  const note = bandsNote(
    rows.flatMap((own) => sides.map((side) => sampleIn(own, side, metrics[0] as string))),
    trials,
  );
  return { title: `${data}: ${show} metrics by ${x}`, note, across: metrics.length, panels };
}

/** A row's label without the setting that is the axis. */
function seriesName({ label, variant }: FinishedTrial['row'], x: string): string {
  return label.replace(`, ${x} ${variant[x]}`, '');
}
