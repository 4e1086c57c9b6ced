/** Double-precision functions for host code: AssemblyScript's port of musl, so the same bits on every machine. */
export function exponential(x: f64): f64 {
  return Math.exp(x);
}

export function logarithm(x: f64): f64 {
  return Math.log(x);
}

export function hyperbolicTangent(x: f64): f64 {
  return Math.tanh(x);
}

export function power(x: f64, y: f64): f64 {
  return Math.pow(x, y);
}

/** First byte of memory that the host may use. */
export function heapBase(): usize {
  return __heap_base;
}
