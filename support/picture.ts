import { createRequire } from 'node:module';
import type { EChartsOption } from 'echarts';

type Library = typeof import('./echarts.js');

/** The drawing library takes time to load, so it waits until something is drawn. */
let library: Library | undefined;
const load = (): Library => {
  library ??= createRequire(import.meta.url)('../vendor/echarts.cjs') as Library;
  return library;
};

/** Colours that keep apart in print and for colour-blind readers (Okabe and Ito). */
export const PALETTE = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#000000'];

/** Colours of letters, and of the lines behind. */
export const INK = '#2b2b2c';
export const GRID = '#dcdcdd';
const PAPER = '#ffffff';

/** Draws an ECharts description to a self-contained SVG of the given size, the same bytes each time. */
export function drawSvg(option: EChartsOption, width: number, height: number): string {
  const chart = load().init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: PAPER,
    color: PALETTE,
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Its marks for a pointer are left out. It numbers its drawings through; here the names depend on this drawing alone.
  return svg
    .replace(/<style ?>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="zr[^"]*"|ecmeta_\w+="[^"]*"|pointer-events="[^"]*")/g, '')
    .replace(/zr\d+/g, 'zr');
}
