import { inflateSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { pdfOf, withStyles } from './pdf.js';

const SVG =
  '<svg width="200" height="100" viewBox="0 0 200 100" xmlns="http://www.w3.org/2000/svg" class="a"><style>.a { font-size: 10px; } .a .b { fill: #ff0000; } @media (prefers-color-scheme: dark) { .a .b { fill: #00ff00; } }</style><rect class="b" x="0" y="0" width="200" height="100"/><text x="10" y="20">Hit</text></svg>';

/** What a page draws with. */
const drawn = (pdf: Buffer): string => {
  const parts: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 7)) {
    if (pdf.subarray(at - 3, at).toString() === 'end') continue;
    try {
      parts.push(inflateSync(pdf.subarray(at + 7)).toString('latin1'));
    } catch {
      // Of another kind.
    }
  }
  return parts.join('\n');
};

test('a drawing becomes a page of the width asked for, with its font, the same bytes each time', async () => {
  const [one, two] = [Buffer.from(await pdfOf(SVG, 85)), Buffer.from(await pdfOf(SVG, 85))];
  expect(one.equals(two)).toBe(true);
  const text = one.toString('latin1');
  const [, wide, tall] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(text) ?? [];
  expect([Number(wide) * (25.4 / 72), Number(tall) * (25.4 / 72)]).toEqual([
    expect.closeTo(85, 3),
    expect.closeTo(42.5, 3),
  ]);
  expect(text).toMatch(/\/FontFile2/);
  expect(text).toMatch(/\+Arimo/);
  // Red fills, as on a light screen; what the screen calls 200 fills the page.
  expect(drawn(one)).toMatch(/1 0 0 (rg|scn)/);
  expect(Buffer.from(await pdfOf(SVG)).toString('latin1')).toMatch(/\/MediaBox \[0 0 150 75\]/);
});

test('classes are written out where they are used, and dark screens are left out', () => {
  const plain = withStyles(SVG);
  expect(plain).not.toMatch(/class=|<style|00ff00/);
  expect(plain).toMatch(/<rect style="fill: #ff0000;"/);
  expect(withStyles('<svg width="1"><path d=""/></svg>')).toBe('<svg width="1"><path d=""/></svg>');
});
