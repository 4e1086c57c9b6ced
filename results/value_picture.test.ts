import { describe, expect, test } from '@jest/globals';
import { valuePicture } from './value_picture.js';

const methods = [
  { label: 'Pop', mean: 0.37, low: 0.37, high: 0.37, role: 'pick' },
  { label: 'Shown <GMF>', mean: 0.485, low: 0.47, high: 0.5, role: 'best' },
  { label: 'EASE', mean: 0.44 },
] as const;
const anchors = [
  { label: 'random', value: 0.346 },
  { label: 'learnable', value: 0.666 },
];
const svg = valuePicture({ title: 'One sentence.', axis: 'clicks', methods, anchors });
const all = (pattern: RegExp): string[] => [...svg.matchAll(pattern)].map(([, found]) => found as string);

describe('the picture of values', () => {
  test('shows methods from best to worst, the pick of clicks and the best in truth coloured', () => {
    expect(all(/text-anchor="end"[^>]*>([^<]*)/g)).toEqual(['Shown &lt;GMF>', 'EASE', 'Pop']);
    expect(svg).toMatch(/class="over best"[^>]*>48\.5</);
    expect(svg).toMatch(/class="over pick"[^>]*>37\.0</);
  });

  test('places points and ends of intervals by one scale, from the least to the most', () => {
    const [left, right] = all(/class="anchor" x1="([\d.]+)"/g).map(Number) as [number, number];
    const at = (value: number): number => left + ((value - 0.346) / (0.666 - 0.346)) * (right - left);
    const points = all(/<circle[^>]*cx="([\d.]+)"/g).map(Number);
    [0.485, 0.44, 0.37].forEach((value, m) => {
      expect(points[m]).toBeCloseTo(at(value), 6);
    });
    expect(Number(/class="best-line" x1="([\d.]+)"/.exec(svg)?.[1])).toBeCloseTo(at(0.47), 6);
    expect(Number(/class="best-line"[^>]*x2="([\d.]+)"/.exec(svg)?.[1])).toBeCloseTo(at(0.5), 6);
    // Without repetitions there is no bar.
    expect(svg.match(/class="line"/g)).toBeNull();
  });

  test('labels every anchor with its value', () => {
    expect(svg).toContain('random 34.6');
    expect(svg).toContain('learnable 66.6');
  });
});
