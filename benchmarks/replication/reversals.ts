import type { ClaimTest } from '../../results/claims.js';
import type { Sample } from '../../support/layers.js';
import { above, type Results } from './claim.js';

/**
 * For each pair of methods, whether the truth turns round what standard evaluation says of it. The one that standard evaluation prefers
 * comes second; the effect is by how much the truth prefers the first. Both must be beyond chance, so that p is the larger of the two.
 */
export function reversals(results: Results, methods: readonly string[]): Omit<ClaimTest, 'data'>[] {
  const pairs = methods.flatMap((a, k) => methods.slice(k + 1).map((b) => [a, b] as const));
  return pairs.flatMap(([a, b]) => {
    const test = (view: 'standard' | 'truth', first: string, second: string) =>
      above('', results.values(first, view), results.values(second, view))[0];
    const standard = test('standard', a, b);
    if (!standard) return [];
    const [preferred, other] = standard.difference >= 0 ? [a, b] : [b, a];
    const truth = test('truth', other, preferred);
    if (!truth) return [];
    // Against a reversal speaks the truth alone.
    const isReversed = truth.difference > 0;
    return [
      {
        ...truth,
        what: `${other} truly above ${preferred}, which standard evaluation prefers`,
        ...(isReversed && { p: Math.max(standard.p, truth.p), both: true }),
      },
    ];
  });
}

/**
 * Whether any method is truly worth more than the one that standard evaluation would deploy, by its mean over repetitions: what is tested is each of the
 * others, so that the best of many is not called better for being the best of many.
 */
export function betterThanPick(results: Results): Omit<ClaimTest, 'data'>[] {
  const methods = results.methods.filter((method) => results.worth(method).values.some((value) => value !== undefined));
  if (methods.length < 2) return [];
  const pick = methods[best(methods.map((method) => mean(results.values(method).values)))] as string;
  return methods
    .filter((method) => method !== pick)
    .flatMap((method) =>
      above(
        `${method} worth more than ${pick}, which standard evaluation picks`,
        results.worth(method),
        results.worth(pick),
      ),
    );
}

/** Whether the pick of unbiased evaluation is worth more than that of standard evaluation, each repetition by itself: so much less is its regret. */
export function regretByUnbiased(results: Results): Omit<ClaimTest, 'data'>[] {
  const methods = results.methods.map((method) => ({
    worth: results.worth(method),
    standard: results.values(method).values,
    unbiased: results.estimates(method, 'unbiased').values,
  }));
  const worthOfPick = (by: 'standard' | 'unbiased'): Sample => {
    const picks = (methods[0]?.worth.values ?? []).map((_, r) => {
      const known = methods.filter(
        (one) => one.worth.values[r] !== undefined && one.standard[r] !== undefined && one.unbiased[r] !== undefined,
      );
      return known.length < 2 ? undefined : known[best(known.map((one) => one[by][r]))]?.worth;
    });
    return {
      values: picks.map((worth, r) => worth?.values[r]),
      groups: picks.map((worth, r) => worth?.groups?.[r]),
      draws: methods[0]?.worth.draws,
    };
  };
  return above(
    'the pick of unbiased evaluation worth more than that of standard evaluation',
    worthOfPick('unbiased'),
    worthOfPick('standard'),
  );
}

function mean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : undefined;
}

/** Place of the largest value, the first of equal ones. */
const best = (values: readonly (number | undefined)[]): number =>
  values.reduce<number>(
    (at, value, m) => ((value ?? Number.NEGATIVE_INFINITY) > (values[at] ?? Number.NEGATIVE_INFINITY) ? m : at),
    0,
  );
