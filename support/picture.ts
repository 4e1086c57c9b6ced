import { createRequire } from 'node:module';
import type { EChartsOption } from 'echarts';
import { inOneLine, withoutControls } from './names.js';

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

/**
 * Draws an ECharts description to a self-contained SVG of the given size, the same bytes each time. What a user named is drawn as it is, in one
 * line.
 */
export function drawSvg(option: EChartsOption, width: number, height: number): string {
  const chart = load().init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: PAPER,
    color: PALETTE,
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: INK },
    ...(withNames(option) as EChartsOption),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Its marks for a pointer are left out. It numbers its drawings through; here the names depend on this drawing alone.
  return withoutControls(svg)
    .replace(/<style ?>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="zr[^"]*"|ecmeta_\w+="[^"]*"|pointer-events="[^"]*")/g, '')
    .replace(/(id="|="url\(#|href="#)zr\d+/g, '$1zr');
}

/** Names within a drawing, of what it clips and fills with, begin with the given one in the place of ours. */
export const withInnerNames = (svg: string, name: string): string =>
  svg.replace(/(id="|="url\(#|href="#)zr-/g, (_, before: string) => `${before}${name}-`);

/** A description with every text of it in one line, and without what an SVG cannot hold. */
function withNames(part: unknown): unknown {
  if (typeof part === 'string') return inOneLine(part);
  if (Array.isArray(part)) return part.map(withNames);
  if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, withNames(value)]));
}
