import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';

const require = createRequire(import.meta.url);
const FACES = ['400Regular/Arimo_400Regular.ttf', '700Bold/Arimo_700Bold.ttf'];
/** Pixels a unit of the drawing: sharp on screens of twice the density. */
const ZOOM = 2;

let fonts: Promise<Uint8Array[]> | undefined;

/** The fonts come along, so that a picture is the same bytes on every machine, and letters show where none are installed. */
function load(): Promise<Uint8Array[]> {
  fonts ??= (async () => {
    await initWasm(readFileSync(require.resolve('@resvg/resvg-wasm/index_bg.wasm')));
    return FACES.map((face) => readFileSync(require.resolve(`@expo-google-fonts/arimo/${face}`)));
  })();
  return fonts;
}

/** A drawing as PNG. */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const fontBuffers = await load();
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { fontBuffers, loadSystemFonts: false, defaultFontFamily: 'Arimo', sansSerifFamily: 'Arimo' },
  });
  const image = drawing.render();
  const png = image.asPng();
  image.free();
  drawing.free();
  return png;
}
