import type { OutputFolder } from '../support/output.js';
import { pdfOf } from '../support/pdf.js';
import { pngOf } from '../support/png.js';
import { figurePicture } from './figure_picture.js';
import { type Slopes, slopePicture } from './slope_picture.js';
import { type Values, valuePicture } from './value_picture.js';

/** Version of the figures' JSON. */
export const FIGURE_SCHEMA = 1;

/** A point of a curve: mean over repetitions, with its 95 percent interval where there are several. */
export interface FigurePoint {
  readonly x: number;
  readonly n: number;
  readonly mean: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface FigureSeries {
  readonly label: string;
  /** Series of one group have one colour. */
  readonly group: string;
  readonly dashed?: boolean;
  /** What others are read against: grey, whatever its group. */
  readonly isReference?: boolean;
  readonly points: readonly FigurePoint[];
}

export interface FigurePanel {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly FigureSeries[];
}

/** Curves with bands of uncertainty, in panels. */
export interface CurvesFigure {
  readonly kind?: undefined;
  readonly title: string;
  readonly note: string;
  /** Panels in a row. */
  readonly across: number;
  readonly panels: readonly FigurePanel[];
}

/** Ranks of methods by two measures, with lines between. */
export interface SlopeFigure extends Slopes {
  readonly kind: 'slopes';
  readonly title: string;
  readonly note: string;
}

/** What methods are worth, against what could be. */
export interface ValueFigure extends Values {
  readonly kind: 'values';
  readonly title: string;
  readonly note: string;
}

export type Figure = CurvesFigure | SlopeFigure | ValueFigure;

/** A figure as SVG. */
export function figureSvg(figure: Figure): string {
  if (figure.kind === 'slopes') return slopePicture(figure);
  return figure.kind === 'values' ? valuePicture(figure) : figurePicture(figure);
}

/** A figure with the name of its files. */
export interface NamedFigure<Drawn extends Figure = Figure> {
  readonly name: string;
  readonly figure: Drawn;
}

/** Writes figures/<name> as JSON, SVG, PNG and PDF. */
export async function writeFigures(folder: OutputFolder, figures: readonly NamedFigure[]): Promise<void> {
  for (const { name, figure } of figures) {
    folder.writeJson(`figures/${name}.json`, { schema: FIGURE_SCHEMA, ...figure });
    await writePicture(folder, `figures/${name}`, figureSvg(figure));
  }
}

/** Writes a picture as SVG, PNG and PDF. */
export async function writePicture(folder: OutputFolder, path: string, svg: string): Promise<void> {
  folder.write(`${path}.svg`, svg);
  folder.writeBytes(`${path}.png`, await pngOf(svg));
  folder.writeBytes(`${path}.pdf`, await pdfOf(svg));
}
