import { summarizeSample } from '../../support/layers.js';
import type { Summary } from '../../support/statistics.js';

/** A method's numbers, a repetition each; undefined where a repetition failed. */
export interface JudgedMethod {
  readonly label: string;
  /** What it is worth in truth. */
  readonly value: readonly (number | undefined)[];
  /** What an offline estimate says of it; larger is better. */
  readonly estimate: readonly (number | undefined)[];
}

/** How well an offline estimate finds what the truth prefers, over the methods: each with its interval over repetitions. */
export interface Trust {
  /** Methods that both know of, in the repetition that has most. */
  readonly methods: number;
  /** Kendall's tau-b of the two orders: 1 where they agree, -1 where one is the other turned round. */
  readonly tau: Summary;
  /** Value of the truth's best less that of the estimate's best: what deploying its pick costs. */
  readonly regret: Summary;
  /** Share of the pairs of methods that the truth tells apart which it puts the wrong way round. */
  readonly turned: Summary;
  /** Mean squared difference of the two, each standardised over the methods: 0 for the same, about 2 for what is unrelated. */
  readonly error: Summary;
  /** What it would deploy in each repetition; of several equal ones the first. */
  readonly picks: readonly string[];
}

/** Judges an estimate, by repetitions, which may be on several draws of the clicks; undefined where no repetition has two methods with both numbers. */
export function trustOf(methods: readonly JudgedMethod[], draws?: readonly number[]): Trust | undefined {
  const repetitions = Math.max(0, ...methods.map(({ value }) => value.length));
  const all = Array.from({ length: repetitions }, (_, r) => judge(methods, r));
  const judged = all.filter((one) => one !== undefined);
  if (judged.length === 0) return undefined;
  const over = (pick: (one: Judged) => number): Summary =>
    summarizeSample({ values: all.map((one) => one && pick(one)), draws }) as Summary;
  return {
    methods: Math.max(...judged.map((one) => one.methods)),
    tau: over(({ tau }) => tau),
    regret: over(({ regret }) => regret),
    turned: over(({ turned }) => turned),
    error: over(({ error }) => error),
    picks: judged.map(({ pick }) => pick),
  };
}

interface Judged {
  readonly methods: number;
  readonly tau: number;
  readonly regret: number;
  readonly turned: number;
  readonly error: number;
  readonly pick: string;
}

/** One repetition. */
function judge(methods: readonly JudgedMethod[], repetition: number): Judged | undefined {
  const known = methods.flatMap(({ label, value, estimate }) => {
    const [v, e] = [value[repetition], estimate[repetition]];
    return v === undefined || e === undefined ? [] : [{ label, value: v, estimate: e }];
  });
  if (known.length < 2) return undefined;
  const values = known.map(({ value }) => value);
  const estimates = known.map(({ estimate }) => estimate);
  const highest = Math.max(...estimates);
  // Of several that it likes best, any may be deployed.
  const picked = known.filter(({ estimate }) => estimate === highest);
  const worth = picked.reduce((sum, { value }) => sum + value, 0) / picked.length;
  const pairs = pairsOf(values, estimates);
  const [a, b] = [standardised(values), standardised(estimates)];
  return {
    methods: known.length,
    tau: tauOf(pairs),
    regret: Math.max(...values) - worth,
    turned: pairs.told > 0 ? pairs.discordant / pairs.told : 0,
    error: a.reduce((sum, x, m) => sum + (x - (b[m] as number)) ** 2, 0) / a.length,
    pick: (picked[0] as (typeof picked)[number]).label,
  };
}

interface Pairs {
  readonly concordant: number;
  readonly discordant: number;
  /** Pairs in which the first list, and the second, tell the two apart. */
  readonly told: number;
  readonly toldBySecond: number;
}

function pairsOf(a: readonly number[], b: readonly number[]): Pairs {
  let [concordant, discordant, told, toldBySecond] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign((a[i] as number) - (a[j] as number)), Math.sign((b[i] as number) - (b[j] as number))];
      if (x !== 0) told++;
      if (y !== 0) toldBySecond++;
      if (x * y > 0) concordant++;
      if (x * y < 0) discordant++;
    }
  }
  return { concordant, discordant, told, toldBySecond };
}

/** Kendall's tau-b (1945), whose ties lower it; 0 where one of the lists is constant. */
export function kendallTau(a: readonly number[], b: readonly number[]): number {
  return tauOf(pairsOf(a, b));
}

function tauOf({ concordant, discordant, told, toldBySecond }: Pairs): number {
  return told > 0 && toldBySecond > 0 ? (concordant - discordant) / Math.sqrt(told * toldBySecond) : 0;
}

/** Less the mean, over the standard deviation (n): zeros for what is constant. */
function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  return values.map((x) => (sd > 0 ? (x - mean) / sd : 0));
}
