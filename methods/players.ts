import type { ModelDefinition } from '../models/model.js';
import { UserError } from '../support/errors.js';

/** Splits "f/g"; without g it is `same`, or nothing was meant. Throws UserError saying how it is written. */
export function playersOf(kind: string, rest: string, example: string, same = false): [string, string] {
  const [first = '', second = same ? first : undefined, ...more] = rest.split('/');
  if (second === undefined || more.length > 0)
    throw new UserError(
      `"${kind}:${rest}": write ${kind}:f/g with one model f and one exposure model g, e.g. ${kind}:GMF/${example}`,
    );
  return [first, second];
}

/** Refuses a model whose loss no weight can multiply. Throws UserError. */
export function refuseUnweightable(text: string, kind: string, f: ModelDefinition): void {
  if (!f.trained || f.loss?.isWeightable === false)
    throw new UserError(`"${text}": ${kind} weights a loss of single rows, which ${f.name} does not have`);
}
