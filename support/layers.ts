import jStat from 'jstat';
import {
  isRounding,
  type Layer,
  LEAST_REPETITIONS,
  type PairedTest,
  type Summary,
  sharesOf,
  summarize,
  testOfParts,
  tReach,
  type VariancePart,
  varianceOfMean,
} from './statistics.js';

/** A number by repetition, with what is needed to tell the chance in it. Lists run alike; undefined where a repetition failed. */
export interface Sample {
  readonly values: readonly (number | undefined)[];
  /**
   * [groups] of each repetition: how far each of the groups, into which the users are divided at random and alike in every repetition, moves the
   * number. Their sum is 0 (see `UserGroups`).
   */
  readonly groups?: readonly (Float32Array | undefined)[] | undefined;
  /** On which draw of the clicks a repetition was trained and tested; absent where there is one alone. */
  readonly draws?: readonly number[] | undefined;
}

/** What the chance in a mean over repetitions comes to. */
interface Chance {
  /** Variance of the mean. */
  readonly variance: number;
  /** It comes from these, whose degrees of freedom differ. */
  readonly parts: readonly VariancePart[];
  readonly layers: readonly Layer[];
}

/** Mean, deviation over repetitions, and an interval over every layer of chance that the sample shows. */
export function summarizeSample(sample: Sample): Summary | undefined {
  const there = present(sample);
  if (there.values.length === 0) return undefined;
  const { n, mean, sd } = summarize(there.values);
  const chance = chanceOf(there);
  if (!chance) return { n, mean, sd };
  const reach = tReach(Math.sqrt(chance.variance), sharesOf(chance.parts));
  return { n, mean, sd, interval: [mean - reach, mean + reach] };
}

/** How far each group of users moves the mean over repetitions; undefined where that is not known of all. */
export function meanMoves(sample: Sample): Float64Array | undefined {
  const { groups } = present(sample);
  return groups && meanOf(groups);
}

/**
 * Tests whether a method differs after a change from before, over repetitions that both have and, where the mean moves of the same groups of
 * users are known of both, over users. Without the moves of each repetition what users and repetitions make together counts twice, which errs to
 * the side of chance. Undefined for fewer than three repetitions.
 */
export function changedSamples(
  after: readonly number[],
  before: readonly number[],
  moves: readonly [after: ArrayLike<number> | undefined, before: ArrayLike<number> | undefined],
): PairedTest | undefined {
  const differences = after.map((x, r) => (isRounding(x, before[r] as number) ? 0 : x - (before[r] as number)));
  const [a, b] = moves;
  if (differences.length < LEAST_REPETITIONS || !a || !b || a.length !== b.length) return undefined;
  const repeated = varianceOfMean(differences);
  const own = Float64Array.from(a, (move, g) => move - (b[g] as number));
  const users = {
    variance: (own.length / Math.max(1, own.length - 1)) * squares(own),
    freedom: Math.max(1, own.length - 1),
  };
  return testOfParts(differences.length, jStat.mean(differences), [repeated, users], { layers: ['training', 'users'] });
}

/** Which layers of chance intervals of a sample count. */
export const layersOf = (sample: Sample): readonly Layer[] => chanceOf(present(sample))?.layers ?? [];

/**
 * Tests whether two samples differ, repetition by repetition; undefined for fewer than three common repetitions, or fewer than three draws where
 * there are several: these prove nothing.
 */
export function pairedSamples(a: Sample, b: Sample): PairedTest | undefined {
  const both = present(differenceOf(a, b));
  if (clustersOf(both).length < LEAST_REPETITIONS) return undefined;
  const chance = chanceOf(both);
  if (!chance) return undefined;
  const { variance, parts, layers } = chance;
  return testOfParts(both.values.length, jStat.mean(both.values as number[]), parts, { layers, variance });
}

/** a - b; what differs by rounding does not. */
function differenceOf(a: Sample, b: Sample): Sample {
  const { values, ...rest } = combined([a, b], [1, -1]);
  return {
    values: values.map((value, r) => (isRounding(a.values[r] ?? 0, b.values[r] ?? 0) ? value && 0 : value)),
    ...rest,
  };
}

/** The sum of samples of the same repetitions, each times its factor. */
export function combined(samples: readonly Sample[], factors: readonly number[]): Sample {
  const [first = { values: [] }] = samples;
  const sum = (all: readonly number[]): number => all.reduce((total, x, s) => total + (factors[s] as number) * x, 0);
  const values = first.values.map((_, r) => {
    const all = samples.map((sample) => sample.values[r]);
    return all.every((value) => value !== undefined) ? sum(all) : undefined;
  });
  const groups = first.groups?.map((own, r) => {
    const all = samples.map((sample) => sample.groups?.[r]);
    const isWhole = all.every((one): one is Float32Array => one !== undefined && one.length === own?.length);
    return isWhole ? own?.map((_, g) => sum(all.map((one) => one[g] as number))) : undefined;
  });
  return { values, groups, draws: first.draws };
}

interface Present {
  readonly values: readonly number[];
  /** Absent where a repetition has none. */
  readonly groups?: readonly Float32Array[] | undefined;
  readonly draws?: readonly number[] | undefined;
}

/** The repetitions that did not fail. */
function present({ values, groups, draws }: Sample): Present {
  const places = values.flatMap((value, r) => (value === undefined ? [] : [r]));
  const own = places.map((r) => groups?.[r]);
  return {
    values: places.map((r) => values[r] as number),
    ...(own.length > 0 && own.every((one) => one !== undefined) && { groups: own }),
    ...(draws && { draws: places.map((r) => draws[r] as number) }),
  };
}

/** Repetitions that belong together: those of one draw where there are several draws, else each by itself. */
function clustersOf({ values, draws }: Present): readonly (readonly number[])[] {
  const places = values.map((_, r) => r);
  if (!draws || new Set(draws).size < 2) return places.map((r) => [r]);
  return [...new Set(draws)].map((draw) => places.filter((r) => draws[r] === draw));
}

/**
 * The variance of a mean over users crossed with repetitions, by components: y_ur = m + user_u + repetition_r + e_ur (Cornfield and Tukey 1956).
 * The groups' part V_g = G / (G - 1) sum over groups of their mean move squared estimates s_user^2 / U + s_e^2 / (U R); the repetitions' part
 * V_r = sd^2 / R estimates s_repetition^2 / R + s_e^2 / (U R); their sum counts the last twice, so that V_e, which estimates it from what the moves
 * of a group differ by between repetitions, is taken off. Never less than either part. Groups of users at random are as good as users (Wolter 2007, the random
 * groups). Where repetitions were trained on several draws of the clicks, what varies is the mean over those of a draw.
 */
function chanceOf(sample: Present): Chance | undefined {
  const clusters = clustersOf(sample);
  const count = clusters.length;
  const values = clusters.map((own) => jStat.mean(own.map((r) => sample.values[r] as number)));
  const isDrawn = sample.draws !== undefined && new Set(sample.draws).size > 1;
  const repeated = count > 1 ? varianceOfMean(values) : undefined;
  const own: Layer[] = repeated ? (isDrawn ? ['training', 'draws'] : ['training']) : [];
  const { groups } = sample;
  if (!groups) return repeated && { variance: repeated.variance, parts: [repeated], layers: own };
  const moves = clusters.map((places) => meanOf(places.map((r) => groups[r] as Float32Array)));
  const size = (moves[0] as Float64Array).length;
  const mean = meanOf(moves);
  const there = mean.reduce((sum, move) => sum + Number(move !== 0), 0);
  const factor = size / Math.max(1, size - 1);
  const users = { variance: factor * squares(mean), freedom: Math.max(1, there - 1) };
  if (!repeated) return { variance: users.variance, parts: [users], layers: ['users'] };
  const within = moves.reduce((sum, move) => sum + squares(move.map((x, g) => x - (mean[g] as number))), 0);
  const twice = (factor * within) / ((count - 1) * count);
  const alone = Math.max(0, users.variance - twice);
  return {
    variance: Math.max(repeated.variance + users.variance - twice, repeated.variance, users.variance),
    parts: [repeated, { variance: alone, freedom: users.freedom }],
    layers: [...own, 'users'],
  };
}

function meanOf(lists: readonly ArrayLike<number>[]): Float64Array {
  const out = new Float64Array(lists[0]?.length ?? 0);
  for (const list of lists)
    for (let k = 0; k < out.length; k++) (out[k] as number) += (list[k] as number) / lists.length;
  return out;
}

const squares = (values: Float64Array): number => values.reduce((sum, x) => sum + x * x, 0);
