import { each } from '../shader.js';
import { KEY, LOGARITHM, NORMAL, PHILOX } from './maths.js';

const ROWS = { columns: 'u32', row: 'u32', ...KEY } as const;

export const UNIFORM = each(
  'uniform',
  { out: 'write f32' },
  ROWS,
  `let c = i % p.columns;
  out[i] = unit(words_at(c, p.row + i / p.columns)[(c >> 2u) & 3u]);`,
  PHILOX,
);
export const NORMAL_DRAWS = each(
  'normal',
  { out: 'write f32' },
  { ...ROWS, location: 'f32', scale: 'f32' },
  `let c = i % p.columns;
  out[i] = p.location + p.scale * normal_of(words_at(c, p.row + i / p.columns), c);`,
  PHILOX + LOGARITHM + NORMAL,
);
export const BOUNDED = each(
  'bounded',
  { out: 'write u32' },
  { bound: 'u32', ...KEY },
  'out[i] = bounded(p.bound, i, 0u);',
  PHILOX,
);
/** A word serves two columns, as in the default backend. */
export const MASK = each(
  'mask',
  { out: 'write f32' },
  { ...ROWS, threshold: 'u32', scale: 'f32' },
  `let c = i % p.columns;
  let column = (c / 32u) * 16u + (c & 3u);
  let word = words_at(column, p.row + i / p.columns)[(c % 32u) / 8u];
  let half = select(word & 0xffffu, word >> 16u, (c & 4u) != 0u);
  out[i] = select(0.0, p.scale, half >= p.threshold);`,
  PHILOX,
);
