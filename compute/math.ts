/** Functions of the default backend for host code: unlike Math.exp and its kin, the same bits on every machine. */
import { instantiate } from './wasm/memory.js';

const { exports } = instantiate();

export const exp: (x: number) => number = exports.exponential;
export const log: (x: number) => number = exports.logarithm;
export const tanh: (x: number) => number = exports.hyperbolicTangent;
export const pow: (x: number, y: number) => number = exports.power;

/** log(x) / log(2). */
export function log2(x: number): number {
  return log(x) / Math.LN2;
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}
