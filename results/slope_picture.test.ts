import { describe, expect, test } from '@jest/globals';
import { slopePicture } from './slope_picture.js';

const methods = [
  { label: 'Pop', left: 0.3, right: 0.54 },
  { label: 'GMF & friends <b>', left: 0.6, right: 0.5 },
  { label: 'a method with a very long name', left: 0.5, right: 0.52 },
];
const anchors = [
  { label: 'random', value: 0.3 },
  { label: 'learnable', value: 0.64 },
];
const svg = slopePicture({ title: 'One sentence.', sides: ['Hit@10', 'value'], methods, anchors });

describe('the picture of ranks', () => {
  test('colours the pick of clicks and the best in truth, with their values at both ends', () => {
    expect(svg).toMatch(/class="pick"[^>]*>GMF &amp; friends\u2026\s+60\.0</);
    expect(svg).toMatch(/class="pick"[^>]*>50\.0\s+GMF/);
    expect(svg).toMatch(/class="best"[^>]*>Pop\s+30\.0</);
    expect(svg).toMatch(/class="best"[^>]*>54\.0\s+Pop/);
    expect(svg.match(/class="pick-line"/g)).toHaveLength(1);
    expect(svg.match(/class="best-line"/g)).toHaveLength(1);
  });

  test('draws every method and anchor, names shortened to what fits', () => {
    expect(svg.match(/<circle/g)).toHaveLength(methods.length);
    expect(svg).toContain('64.0 learnable');
    expect(svg).toContain('a method with a\u2026');
  });

  test('one method that is first on both sides is the best, and there is no pick beside it', () => {
    const agreed = slopePicture({ sides: ['a', 'b'], methods: methods.slice(0, 1), anchors: [] });
    expect(agreed).not.toContain('class="pick"');
    expect(agreed).toContain('class="best"');
  });

  test('is the same for the same numbers, and without a title is lower', () => {
    expect(slopePicture({ title: 'One sentence.', sides: ['Hit@10', 'value'], methods, anchors })).toBe(svg);
    const height = (text: string): number => Number(/height="(\d+)"/.exec(text)?.[1]);
    expect(height(slopePicture({ sides: ['Hit@10', 'value'], methods, anchors }))).toBeLessThan(height(svg));
  });
});
