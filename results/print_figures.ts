import { UserError } from '../support/errors.js';
import type { OutputFolder } from '../support/output.js';
import { pdfOf } from '../support/pdf.js';
import { pngOf } from '../support/png.js';
import type { Figure } from './figure.js';
import { figurePicture, type PictureLayout } from './figure_picture.js';
import type { RunFolder } from './run_folder.js';
import { slopePicture } from './slope_picture.js';
import { measured, styleOf } from './table.js';
import { tablePicture } from './table_picture.js';
import { valuePicture } from './value_picture.js';

/** Widths that journals print at, in millimetres. */
const WIDTHS: Readonly<Record<string, number>> = { column: 85, page: 178 };
/** What a panel needs at the least, in millimetres, for its letters to be read. */
const PANEL = 80;

/** Reads "column", "page" or a number of millimetres. Throws UserError. */
export function parseWidth(text: string): number {
  const width = WIDTHS[text] ?? (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
  if (!(width >= 60 && width <= 500))
    throw new UserError(
      `--figure-width "${text}" is not understood: write column (85 mm), page (178 mm) or millimetres from 60 to 500; narrower than 60 nothing can be read`,
    );
  return width;
}

/**
 * Draws a run's figures, and its tables as pictures, again for print: as many panels beside one another as the width holds, without titles where the
 * caption says them. Writes NAME.pdf, .svg and .png; returns the names.
 */
export async function printFigures(
  { figures, tables }: Pick<RunFolder, 'figures' | 'tables'>,
  { millimetres, titles }: { readonly millimetres: number; readonly titles: boolean },
  folder: OutputFolder,
): Promise<string[]> {
  const layout: PictureLayout = { across: Math.max(1, Math.floor(millimetres / PANEL)), ...(!titles && { title: '' }) };
  const shown = tables.filter(({ table }) =>
    measured(table).every((column) => (styleOf(table, column).format ?? 'percent') === 'percent'),
  );
  const drawings = [
    ...figures.map(({ name, figure }) => [name, drawn(figure, layout)] as const),
    ...shown.map(({ name, table }) => [`table-${name}`, tablePicture(table, layout)] as const),
  ];
  for (const [name, svg] of drawings) {
    folder.write(`${name}.svg`, svg);
    folder.writeBytes(`${name}.png`, await pngOf(svg));
    folder.writeBytes(`${name}.pdf`, await pdfOf(svg, millimetres));
  }
  return drawings.map(([name]) => name);
}

/** Pictures of ranks and of values are made for a column; they keep their panels. */
function drawn(figure: Figure, layout: PictureLayout): string {
  if (figure.kind === undefined)
    return figurePicture(figure, { ...layout, across: Math.min(layout.across ?? figure.across, figure.across) });
  const { title = figure.title } = layout;
  return figure.kind === 'slopes' ? slopePicture({ ...figure, title }) : valuePicture({ ...figure, title });
}
