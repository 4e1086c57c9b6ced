import { z } from 'zod';

/** A number with its range; what is wrong with another one is said in words. */
export function number(least: number, most = Number.POSITIVE_INFINITY, whole = false) {
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
  const error = `must be a ${whole ? 'whole ' : ''}number ${range}`;
  const bounded = z.number(error).min(least, error);
  const ranged = most === Number.POSITIVE_INFINITY ? bounded : bounded.max(most, error);
  return whole ? ranged.int(error) : ranged;
}

export const whole = (least: number, most: number) => number(least, most, true);

/** One of some words. */
export function choice<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, `must be one of ${names.join(', ')}`);
}
