import { stream, type WasmTensor } from '../compute/index.js';

/** A perturbation that belongs to (user, item): the same however and whenever it is asked for. */
export interface Noise {
  /** Writes the noise of (user, every item) to out[items]. */
  row(user: number, out: WasmTensor): void;
  /** Writes the noise of (user, items[0 .. count)) to out. */
  listed(user: number, items: WasmTensor, count: number, out: WasmTensor): void;
  /** Whether every pair has a draw of its own, independent of all others. */
  readonly isOfPairs?: boolean;
  /** Where noise belongs to users or to items: what each adds. */
  readonly parts?: { ofUser(user: number): number; ofItem(item: number): number };
}

/** Stream of a noise's draws. */
export const noiseStream = (name: string): number => stream(`simulator ${name}`);
