import { inOneLine } from '../support/names.js';
import { drawSvg, PALETTE } from '../support/picture.js';
import { measured, type ResultTable } from './table.js';

/** Names that a line of the legend holds. */
const LEGEND_LINE = 7;

/** Bars of every model, a group a metric, with whiskers of one standard deviation. */
export function tablePicture(table: ResultTable): string {
  const { rows } = table;
  const columns = measured(table);
  const labels = rows.map(({ label }) => inOneLine(label));
  // Drawn by number: a label may be what ECharts takes for something else.
  const series = rows.map(({ cells }, r) => ({
    name: String(r),
    type: 'bar' as const,
    // The palette's second round is paler.
    itemStyle: { opacity: r < PALETTE.length ? 1 : 0.45 },
    data: columns.map((column) => 100 * (cells[column]?.mean ?? 0)),
    barGap: '10%',
  }));
  const whiskers = rows.map(({ cells }, r) => ({
    type: 'custom' as const,
    name: String(r),
    silent: true,
    z: 10,
    data: columns.map((column, c) => [c, 100 * (cells[column]?.mean ?? 0), 100 * (cells[column]?.sd ?? 0)]),
    renderItem: (_: unknown, api: never) => whisker(api, r, rows.length),
  }));
  return drawSvg(
    {
      title: { text: table.title, left: 'center', textStyle: { fontSize: 15 } },
      legend: { bottom: 0, data: labels.map((_, r) => String(r)), formatter: (r) => labels[Number(r)] as string },
      grid: { left: 60, right: 20, top: 50, bottom: 40 + 24 * Math.ceil(rows.length / LEGEND_LINE) },
      xAxis: { type: 'category', data: [...columns] },
      yAxis: { type: 'value', name: 'percent', min: 0 },
      series: [...series, ...whiskers] as never,
    },
    860,
    420 + 24 * Math.floor((rows.length - 1) / LEGEND_LINE),
  );
}

/** What ECharts offers to a custom series. */
interface DrawApi {
  value(dimension: number): number;
  coord(point: [number, number]): [number, number];
  size(range: [number, number]): [number, number];
}

function whisker(given: never, index: number, bars: number): unknown {
  const api = given as DrawApi;
  const [column, mean, sd] = [api.value(0), api.value(1), api.value(2)];
  if (!(sd > 0)) return { type: 'group', children: [] };
  // ECharts gives 80 percent of a category to its bars, with gaps of a tenth of a bar.
  const band = api.size([1, 0])[0] * 0.8;
  const bar = band / (bars + (bars - 1) * 0.1);
  const [middle] = api.coord([column, mean]);
  const x = middle - band / 2 + bar / 2 + index * bar * 1.1;
  const [top, bottom] = [api.coord([column, mean + sd])[1], api.coord([column, mean - sd])[1]];
  const line = (x1: number, y1: number, x2: number, y2: number): unknown => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: '#333333', lineWidth: 1 },
  });
  return {
    type: 'group',
    children: [line(x, top, x, bottom), line(x - 3, top, x + 3, top), line(x - 3, bottom, x + 3, bottom)],
  };
}
