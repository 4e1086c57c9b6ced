import { inOneLine } from '../support/names.js';
import { drawSvg, GRID, INK, PALETTE } from '../support/picture.js';
import type { CurvesFigure, FigureSeries } from './figure.js';

const [WIDTH, HEIGHT] = [380, 260];
const MARGIN = { left: 64, right: 16, top: 46, bottom: 46 };
const TITLE = 44;
const LEGEND_ROW = 24;
/** Of what others are read against. */
const GREYS = ['#a8abb2', '#83868d', '#63666d'] as const;
/** What of the width the letters of a legend's entry need, about. */
const LETTER = 7;

/** How a picture is laid out where not as usual: for print, say. */
export interface PictureLayout {
  /** Panels beside one another. */
  readonly across?: number | undefined;
  /** Another title; an empty one is none. */
  readonly title?: string | undefined;
}

/** A figure as SVG: a panel a grid, a line a series, its interval as a band. */
export function figurePicture(figure: CurvesFigure, layout: PictureLayout = {}): string {
  const { panels } = figure;
  const { across = figure.across, title = figure.title } = layout;
  const above = title === '' ? 4 : TITLE;
  const columns = Math.min(across, panels.length);
  const [width, down] = [columns * WIDTH, Math.ceil(panels.length / columns)];
  const all = panels.flatMap(({ series }) => series);
  const groups = [...new Set(all.filter(({ isReference }) => !isReference).map(({ group }) => group))];
  const references = [...new Set(all.filter(({ isReference }) => isReference).map(({ group }) => group))];
  const labels = [...new Set(all.map(({ label }) => label))];
  const shown = labels.map(inOneLine);
  const legendRows = Math.ceil(shown.reduce((sum, label) => sum + label.length * LETTER + 58, 0) / (width - 40));
  const height = above + down * HEIGHT + legendRows * LEGEND_ROW + 8;
  const place = (p: number) => ({
    left: (p % columns) * WIDTH + MARGIN.left,
    top: above + Math.floor(p / columns) * HEIGHT + MARGIN.top,
    width: WIDTH - MARGIN.left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  });
  const colourOf = ({ group, isReference }: FigureSeries): string =>
    (isReference
      ? GREYS[references.indexOf(group) % GREYS.length]
      : PALETTE[groups.indexOf(group) % PALETTE.length]) as string;
  const lines = panels.flatMap(({ series }, p) =>
    series.flatMap((one) => [
      line(one, labels.indexOf(one.label), p, colourOf(one)),
      ...band(one, p, colourOf(one), limitsOf(series)),
    ]),
  );
  return drawSvg(
    {
      title: [
        { text: title, left: 'center', top: 8, textStyle: { fontSize: 15, color: INK } },
        ...panels.map(({ title }, p) => ({
          text: title,
          left: place(p).left,
          top: place(p).top - 34,
          textStyle: { fontSize: 12, color: INK },
        })),
      ],
      legend: {
        bottom: 4,
        left: 20,
        right: 20,
        // Drawn by number: a label may be what ECharts takes for something else.
        data: labels.map((_, k) => String(k)),
        formatter: (k) => shown[Number(k)] as string,
        textStyle: { color: INK },
        itemWidth: 28,
        itemGap: 18,
      },
      grid: panels.map((_, p) => place(p)),
      xAxis: panels.map(({ x, series }, p) => ({
        gridIndex: p,
        type: 'value',
        name: x,
        nameLocation: 'middle',
        nameGap: 26,
        splitLine: { show: false },
        // Values below 0 are on the axis, too: it stands at the edge.
        axisLine: { onZero: false },
        ...rangeOf(series.flatMap(({ points }) => points.map((point) => point.x))),
      })),
      yAxis: panels.map(({ y }, p) => ({
        gridIndex: p,
        type: 'value',
        name: y,
        nameLocation: 'middle',
        nameGap: 44,
        scale: true,
        axisLine: { onZero: false },
        splitNumber: 4,
        splitLine: { lineStyle: { color: GRID } },
      })),
      series: lines as never,
    },
    width,
    height,
  );
}

/** An axis that begins and ends with its values. */
function rangeOf(values: readonly number[]): { min?: number; max?: number } {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return min < max ? { min, max } : {};
}

function line(series: FigureSeries, label: number, panel: number, colour: string): object {
  const few = series.points.length <= 12;
  return {
    name: String(label),
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: series.points.map(({ x, mean }) => [x, mean]),
    showSymbol: few,
    symbol: series.dashed ? 'emptyCircle' : 'circle',
    symbolSize: 6,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: 2, type: series.dashed ? 'dashed' : 'solid' },
    z: 3,
  };
}

/** How far an axis follows bands: half the range of the lines beyond them, and not below 0 for what never is. */
function limitsOf(series: readonly FigureSeries[]): [number, number] {
  const means = series.flatMap(({ points }) => points.map(({ mean }) => mean));
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const reach = most > least ? (most - least) / 2 : Number.POSITIVE_INFINITY;
  return [least >= 0 ? Math.max(0, least - reach) : least - reach, most + reach];
}

/** The interval as an area around the line. */
function band({ points }: FigureSeries, panel: number, colour: string, [least, most]: [number, number]): object[] {
  const known = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (known.length < 2) return [];
  return [
    {
      type: 'custom',
      xAxisIndex: panel,
      yAxisIndex: panel,
      silent: true,
      z: 2,
      // The axis covers the band, as far as it shall; one drawing.
      data: known.flatMap(({ x, low, high }) => [
        [x, Math.max(least, low as number)],
        [x, Math.min(most, high as number)],
      ]),
      clip: true,
      renderItem: ({ dataIndex }: { dataIndex: number }, api: { coord(point: readonly number[]): number[] }) => ({
        type: 'polygon',
        ignore: dataIndex > 0,
        shape: {
          points: [
            ...known.map(({ x, high }) => api.coord([x, high as number])),
            ...known.map(({ x, low }) => api.coord([x, low as number])).reverse(),
          ],
        },
        style: { fill: colour, opacity: 0.15 },
      }),
    },
  ];
}
