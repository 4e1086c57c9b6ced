import { each } from '../shader.js';

/** One number's step of Adam; what is too small counts as 0, as in the default backend. */
const UPDATE = `
fn flush(x: f32) -> f32 { return select(x, 0.0, (bitcast<u32>(x) & 0x7fffffffu) < 0x2b8cbcccu); }
fn update(at: u32, gradient: f32) {
  let grad = flush(gradient);
  let first = flush(0.9 * m[at] + 0.1 * grad);
  let second = max(0.999 * v[at] + 0.001 * (grad * grad), 1e-35);
  m[at] = first;
  v[at] = second;
  w[at] = flush(w[at] - (p.step * first) / (sqrt(second) + p.epsilon));
}
`;
const STEP = { step: 'f32', epsilon: 'f32', decay: 'f32' } as const;

export const ADAM = each(
  'adam',
  { w: 'change f32', m: 'change f32', v: 'change f32', g: 'read f32' },
  STEP,
  'update(i, g[i] + p.decay * w[i]);',
  UPDATE,
);
/** Rows of a lookup; those without a use are none of the batch's. */
export const ADAM_ROWS = each(
  'adam of rows',
  {
    rows: 'read u32',
    uses: 'read u32',
    w: 'change f32',
    m: 'change f32',
    v: 'change f32',
    g: 'read f32',
  },
  { ...STEP, width: 'u32' },
  `let row = i / p.width;
  let used = uses[row];
  if (used == 0u) { return; }
  let at = rows[row] * p.width + i % p.width;
  update(at, g[i] + (p.decay * f32(used)) * w[at]);`,
  UPDATE,
);
