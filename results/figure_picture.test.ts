import { expect, test } from '@jest/globals';
import type { CurvesFigure, FigureSeries } from './figure.js';
import { figurePicture } from './figure_picture.js';

const series = (label: string, mean: number, more: Partial<FigureSeries> = {}): FigureSeries => ({
  ...{ label, group: label, points: [-1, 0, 1].map((x) => ({ x, n: 1, mean })) },
  ...more,
});
const figure = (all: readonly FigureSeries[]): CurvesFigure => ({
  ...{ title: 't', note: '', across: 1 },
  panels: [{ title: 'p', x: 'x', y: 'y', series: all }],
});
/** Colours of lines that are drawn through points. */
const colours = (svg: string): string[] => [
  ...new Set([...svg.matchAll(/fill="none" stroke="(#\w+)" stroke-width="2"/g)].map(([, colour]) => colour as string)),
];

test('what methods are read against takes no colour from them, however many there are', () => {
  const methods = Array.from({ length: 8 }, (_, m) => series(`m${m}`, m));
  const references = ['a', 'b'].map((label, k) => series(label, 10 + k, { dashed: true, isReference: true }));
  const own = colours(figurePicture(figure(methods)));
  const both = colours(figurePicture(figure([...methods, ...references])));
  expect(both.filter((colour) => own.includes(colour))).toEqual(own);
  expect(both).toHaveLength(own.length + references.length);
});

test('the vertical axis stands at the left edge where places on both sides of 0 are shown', () => {
  const svg = figurePicture(figure([series('m', 5)]));
  // No line goes from top to bottom but the axis at the left.
  const vertical = [...svg.matchAll(/d="M([\d.]+) ([\d.]+)L\1 ([\d.]+)"/g)].filter(
    ([, , from, to]) => Math.abs(Number(from) - Number(to)) > 100,
  );
  expect(vertical.every(([, x]) => Number(x) < 70)).toBe(true);
});
