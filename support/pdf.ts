import { createRequire } from 'node:module';

type Library = typeof import('./pdf_library.js');

const require = createRequire(import.meta.url);
let library: Library | undefined;

const FACES = { regular: '400Regular/Arimo_400Regular.ttf', bold: '700Bold/Arimo_700Bold.ttf' };
const faceOf = (face: string): string => require.resolve(`@expo-google-fonts/arimo/${face}`);
/** Points of print a millimetre, and a unit of the drawing where no width is asked for. */
const [MILLIMETRE, UNIT] = [72 / 25.4, 0.75];

/**
 * A drawing as a page of PDF: lines stay lines, and letters letters, of a font that comes along. So many millimetres wide, or as large as the drawing
 * says. The same bytes for the same drawing.
 */
export async function pdfOf(svg: string, millimetres?: number): Promise<Uint8Array> {
  library ??= require('../vendor/pdf.cjs') as Library;
  const { PDFDocument, drawSvgOn } = library;
  const [, wide, tall] = /^<svg[^>]* width="([\d.]+)"[^>]* height="([\d.]+)"/.exec(svg) ?? [];
  const [w, h] = [Number(wide), Number(tall)];
  if (!(w > 0 && h > 0)) throw new Error('a drawing without a size');
  const width = millimetres === undefined ? w * UNIT : millimetres * MILLIMETRE;
  const height = (width * h) / w;
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    font: faceOf(FACES.regular), // the standard ones are not bundled
    // A date would make every copy another file.
    info: { CreationDate: new Date(0), Producer: 'expobench', Creator: 'expobench' },
  });
  for (const [name, face] of Object.entries(FACES)) document.registerFont(name, faceOf(face));
  const chunks: Uint8Array[] = [];
  document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    document.on('end', resolve);
    document.on('error', reject);
  });
  // The drawing's own size is that of the screen: its view box fills the page.
  const onPage = withStyles(svg).replace(/^<svg[^>]*>/, (root) =>
    root.replace(/ width="[^"]*"/, ` width="${width}"`).replace(/ height="[^"]*"/, ` height="${height}"`),
  );
  drawSvgOn(document, onPage, 0, 0, {
    ...{ width, height, assumePt: true },
    fontCallback: (_family, isBold) => (isBold ? 'bold' : 'regular'),
  });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

/** A drawing whose classes are written out where they are used; the rules for dark screens are not for paper. */
export function withStyles(svg: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(svg);
  if (!style) return svg;
  const light = (style[1] ?? '').replace(/@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, '');
  const rules = new Map(
    [...light.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(([, selector = '', body = '']) => [
      selector.trim().split(/\s+/).at(-1)?.slice(1) ?? '',
      // An edge around letters would be drawn over them here.
      body.includes('paint-order') ? '' : body.trim(),
    ]),
  );
  return svg
    .replace(style[0], '')
    .replace(/<(\w+)((?:\s[^<>]*?)?)\sclass="([^"]*)"/g, (_, tag: string, before: string, classes: string) => {
      const body = classes.split(' ').flatMap((name) => rules.get(name) || []);
      return `<${tag}${before}${body.length > 0 ? ` style="${body.join(' ')}"` : ''}`;
    });
}
