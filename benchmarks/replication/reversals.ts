import type { ClaimTest } from '../../results/claims.js';
import { above, type Results } from './claim.js';

/**
 * For each pair of methods, whether the truth turns round what standard evaluation says of it. The one that standard evaluation prefers
 * comes second; the effect is by how much the truth prefers the first. Both must be beyond chance, so that p is the larger of the two.
 */
export function reversals(results: Results, methods: readonly string[]): Omit<ClaimTest, 'data'>[] {
  const pairs = methods.flatMap((a, k) => methods.slice(k + 1).map((b) => [a, b] as const));
  return pairs.flatMap(([a, b]) => {
    const test = (view: 'standard' | 'truth', first: string, second: string) =>
      above('', results.values(first, view), results.values(second, view), {
        users: results.users([first, second], view),
      })[0];
    const standard = test('standard', a, b);
    if (!standard) return [];
    const [preferred, other] = standard.difference >= 0 ? [a, b] : [b, a];
    const truth = test('truth', other, preferred);
    if (!truth) return [];
    // Against a reversal speaks the truth alone.
    const p = truth.difference > 0 ? Math.max(standard.p, truth.p) : truth.p;
    return [{ ...truth, what: `${other} truly above ${preferred}, which standard evaluation prefers`, p }];
  });
}
