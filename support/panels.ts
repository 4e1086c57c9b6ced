import { drawSvg, PALETTE } from './picture.js';

/** One plot of a picture of several. */
export interface Panel {
  readonly title: string;
  /** Name of the horizontal axis. */
  readonly x: string;
  readonly type: 'line' | 'step' | 'bar' | 'scatter';
  /** Where the horizontal axis begins and ends; by default about where the data does. */
  readonly range?: readonly [number, number];
  /** Whether x is in seconds since 1970. */
  readonly time?: boolean;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Points from left to right; in a logarithmic plot those at 0 are left out. */
  readonly data: readonly (readonly [number, number])[];
  /** What it is to be read against, drawn in grey behind it; the title says what that is. */
  readonly against?: readonly (readonly [number, number])[] | undefined;
}

const ACROSS = 3;
const MARGIN = { left: 60, top: 90 };
const [WIDTH, HEIGHT] = [270, 190];
const [RIGHT, DOWN] = [350, 290];
/** More points than this cannot be told apart. */
const MOST_POINTS = 400;

/** Plots in rows of three, under a title. */
export function panelPicture(title: string, panels: readonly Panel[]): string {
  const place = (p: number) => ({
    left: MARGIN.left + (p % ACROSS) * RIGHT,
    top: MARGIN.top + Math.floor(p / ACROSS) * DOWN,
    width: WIDTH,
    height: HEIGHT,
  });
  return drawSvg(
    {
      title: [
        { text: title, left: 'center', top: 8, textStyle: { fontSize: 16 } },
        ...panels.map((panel, p) => ({
          text: panel.title,
          left: place(p).left,
          top: place(p).top - 32,
          textStyle: { fontSize: 13 },
        })),
      ],
      grid: panels.map((_, p) => place(p)),
      useUTC: true,
      xAxis: panels.map(({ x, logX, time, type, range }, p) => ({
        gridIndex: p,
        type: time ? 'time' : logX ? 'log' : type === 'bar' ? 'category' : 'value',
        name: x,
        nameLocation: 'middle',
        nameGap: 26,
        splitLine: { show: false },
        splitNumber: 4,
        axisLabel: { hideOverlap: true },
        ...(range && { min: range[0], max: range[1], interval: (range[1] - range[0]) / 5 }),
      })),
      yAxis: panels.map(({ logY }, p) => ({
        gridIndex: p,
        type: logY ? 'log' : 'value',
        axisLabel: { hideOverlap: true },
      })),
      series: [
        ...panels.flatMap((panel, p) => (panel.against ? [seriesOf(panel, panel.against, p, GREY)] : [])),
        ...panels.map((panel, p) => seriesOf(panel, panel.data, p, COLOURS[p % COLOURS.length] as string)),
      ] as never,
    },
    (ACROSS - 1) * RIGHT + MARGIN.left + WIDTH + 50,
    MARGIN.top + (Math.ceil(panels.length / ACROSS) - 1) * DOWN + HEIGHT + 70,
  );
}

const GREY = '#999';
/** Those of the palette that can be seen as a thin line on white. */
const COLOURS = PALETTE.slice(0, 6);

function seriesOf({ type, time, logX = false, logY = false }: Panel, data: Panel['data'], p: number, color: string) {
  return {
    type: type === 'step' ? 'line' : type,
    data: thin(logY ? data.filter(([, value]) => value > 0) : data, logX).map(([a, b]) =>
      time ? [1000 * a, b] : type === 'bar' ? [String(a), b] : [a, b],
    ),
    ...(type === 'step' && { step: 'middle', areaStyle: { opacity: logY ? 0 : 0.3 } }),
    xAxisIndex: p,
    yAxisIndex: p,
    showSymbol: false,
    symbolSize: 3,
    itemStyle: { color, opacity: type === 'scatter' ? 0.5 : 1 },
    lineStyle: { color },
  };
}

/** At most so many of the points, the first and the last among them, evenly by place, or by its logarithm. */
function thin<Point>(points: readonly Point[], byLogarithm: boolean): Point[] {
  const n = points.length;
  if (n <= MOST_POINTS) return [...points];
  const places = Array.from({ length: MOST_POINTS }, (_, k) => {
    const share = k / (MOST_POINTS - 1);
    return Math.round(byLogarithm ? n ** share - 1 : share * (n - 1));
  });
  return [...new Set(places)].map((place) => points[place] as Point);
}
