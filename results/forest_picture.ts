import { inOneLine } from '../support/names.js';
import { drawSvg, GRID, INK, PALETTE } from '../support/picture.js';
import type { Judgement, Outcome } from './claims.js';

const WIDTH = 860;
const ROW = 24;
const MARGIN = { top: 12, bottom: 46, right: 30 };
const LETTER = 6.6;
const MOST_LETTERS = 62;

/** Blue is for the claim, red against it, grey says nothing. */
const COLOURS: Readonly<Record<Outcome, string>> = {
  for: PALETTE[0] as string,
  against: PALETTE[5] as string,
  none: PALETTE[1] as string,
  open: '#8a8d94',
};

/** Effects with their 95 percent intervals, a line a comparison, as SVG; undefined where there is none. */
export function forestPicture({ comparisons, unit }: Judgement): string | undefined {
  if (comparisons.length === 0) return undefined;
  const factor = unit === 'points' ? 100 : 1;
  const several = new Set(comparisons.map(({ data }) => data)).size > 1;
  const labels = comparisons.map(({ data, what }) => shorten(inOneLine(several ? `${data}: ${what}` : what)));
  const left = 20 + LETTER * Math.max(...labels.map(({ length }) => length));
  const height = MARGIN.top + ROW * comparisons.length + MARGIN.bottom;
  return drawSvg(
    {
      grid: { left, right: MARGIN.right, top: MARGIN.top, bottom: MARGIN.bottom },
      xAxis: {
        type: 'value',
        name: unit === 'points' ? 'effect, percent points' : 'effect',
        nameLocation: 'middle',
        nameGap: 26,
        splitLine: { lineStyle: { color: GRID } },
        axisLabel: { hideOverlap: true },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        // Labels must differ for their places to.
        data: labels.map((_, k) => String(k)),
        axisLabel: { interval: 0, color: INK, formatter: (k: string) => labels[Number(k)] as string },
        axisTick: { show: false },
        axisLine: { onZero: true },
      },
      series: [
        {
          type: 'custom',
          silent: true,
          data: comparisons.map(({ difference, interval }, k) => [
            ...[factor * difference, k, factor * interval[0], factor * interval[1]],
          ]),
          encode: { x: [0, 2, 3], y: 1 },
          renderItem: ((_: unknown, api: DrawApi) => {
            const k = api.value(1);
            const colour = COLOURS[comparisons[k]?.outcome ?? 'open'];
            const [middle, low, high] = [0, 2, 3].map((dimension) => api.coord([api.value(dimension), k]));
            const [x, y] = middle as [number, number];
            return {
              type: 'group',
              children: [
                {
                  type: 'line',
                  shape: { x1: low?.[0], y1: y, x2: high?.[0], y2: y },
                  style: { stroke: colour, lineWidth: 2 },
                },
                { type: 'circle', shape: { cx: x, cy: y, r: 4 }, style: { fill: colour } },
              ],
            };
          }) as never,
        },
      ],
    },
    WIDTH,
    height,
  );
}

/** What ECharts offers to a custom series. */
interface DrawApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): number[];
}

const shorten = (text: string): string =>
  text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS - 1).trimEnd()}\u2026`;
