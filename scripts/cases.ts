/**
 * `npm run cases`: writes results/reference/cases, small cases whose answers are exact, for this and other programs to test themselves by. Every answer
 * is found by enumeration in fractions, by nothing that the program itself computes with; a test runs the program on them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A fraction in lowest terms. */
export class Fraction {
  private constructor(
    readonly top: bigint,
    readonly bottom: bigint,
  ) {}

  static of(top: bigint | number, bottom: bigint | number = 1): Fraction {
    const [a, b] = [BigInt(top), BigInt(bottom)];
    const divisor = gcd(a < 0n ? -a : a, b) || 1n;
    return new Fraction(a / divisor, b / divisor);
  }

  /** "3/8", or "2". */
  static parse(text: string): Fraction {
    const [top = '', bottom = '1'] = text.split('/');
    return Fraction.of(BigInt(top), BigInt(bottom));
  }

  plus(other: Fraction): Fraction {
    return Fraction.of(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  minus(other: Fraction): Fraction {
    return this.plus(Fraction.of(-other.top, other.bottom));
  }

  times(other: Fraction): Fraction {
    return Fraction.of(this.top * other.top, this.bottom * other.bottom);
  }

  over(other: Fraction): Fraction {
    return this.times(other.top < 0n ? Fraction.of(-other.bottom, -other.top) : Fraction.of(other.bottom, other.top));
  }

  get number(): number {
    return Number(this.top) / Number(this.bottom);
  }

  toJSON(): string {
    return this.bottom === 1n ? `${this.top}` : `${this.top}/${this.bottom}`;
  }
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const ZERO = Fraction.of(0);
const ONE = Fraction.of(1);
const sum = (all: readonly Fraction[]): Fraction => all.reduce((total, one) => total.plus(one), ZERO);
const mean = (all: readonly Fraction[]): Fraction => sum(all).over(Fraction.of(all.length));
const fractions = (texts: readonly string[]): Fraction[] => texts.map(Fraction.parse);

/** All orders of some items. */
function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((first, k) =>
    orders([...items.slice(0, k), ...items.slice(k + 1)]).map((rest) => [first, ...rest]),
  );
}

/** Gain of NDCG at a place from 0: the one that is no fraction. */
const gain = (place: number): number => 1 / Math.log2(place + 2);

const SCORES: readonly { name: string; target: number; candidates: readonly number[] }[] = [
  { name: 'no ties', target: 3, candidates: [5, 1, 4, 0, 2] },
  { name: 'first', target: 9, candidates: [5, 1, 4, 0, 2] },
  { name: 'tied with one above the cutoff', target: 3, candidates: [5, 3, 1, 0, 2] },
  { name: 'tied across the cutoff', target: 3, candidates: [3, 3, 3, 5, 1] },
  { name: 'all equal', target: 1, candidates: [1, 1, 1, 1, 1, 1] },
  { name: 'last', target: -1, candidates: [5, 1, 4, 0, 2] },
];

/** A target among candidates; equal scores stand in every order alike. */
function rankings(): object[] {
  return SCORES.map(({ name, target, candidates }) => {
    const better = candidates.filter((score) => score > target).length;
    const tied = candidates.filter((score) => score === target).length;
    const places = orders(Array.from({ length: tied + 1 }, (_, k) => k)).map((order) => better + order.indexOf(0));
    const of = (value: (place: number) => Fraction): Fraction => mean(places.map(value));
    const ndcg = (k: number): number =>
      places.reduce((total, place) => total + (place < k ? gain(place) : 0), 0) / places.length;
    return {
      ...{ name, target, candidates },
      metrics: {
        ...Object.fromEntries([1, 2, 3].map((k) => [`hit@${k}`, of((place) => (place < k ? ONE : ZERO))])),
        mrr: of((place) => Fraction.of(1, place + 1)),
        ...Object.fromEntries([1, 2, 3].map((k) => [`ndcg@${k}`, ndcg(k)])),
      },
    };
  });
}

const RELEVANCE = [
  ['1/2', '1/4', '3/4'],
  ['1/3', '2/3', '1/6'],
  ['1/5', '2/5', '4/5'],
].map(fractions);
const EXPOSURE = [
  ['1/2', '1/8', '1/4'],
  ['3/4', '1/4', '1/8'],
  ['1', '1/2', '1/16'],
].map(fractions);
/** What a metric of one item says of each pair, such as Hit@1 of some ranking. */
const METRIC = [
  ['1', '0', '0'],
  ['0', '1', '0'],
  ['1', '0', '1/2'],
].map(fractions);

/** Each set of clicks of a world of 3 x 3, with how probable it is: a pair is clicked with p_rel p_exp, independently. */
function* outcomes(): Generator<{ clicked: number[]; probability: Fraction }> {
  const chances = RELEVANCE.flatMap((row, u) => row.map((p, i) => p.times((EXPOSURE[u] as Fraction[])[i] as Fraction)));
  for (let set = 0; set < 2 ** chances.length; set++) {
    const isIn = (pair: number): boolean => ((set >> pair) & 1) === 1;
    const probability = chances.reduce((all, p, pair) => all.times(isIn(pair) ? p : ONE.minus(p)), ONE);
    yield { clicked: chances.flatMap((_, pair) => (isIn(pair) ? [pair] : [])), probability };
  }
}

/** Expectations of estimators over all that may be clicked, and what they are to estimate. */
function estimators(): object {
  const [relevance, exposure, metric] = [RELEVANCE.flat(), EXPOSURE.flat(), METRIC.flat()];
  const weights: Readonly<Record<string, (pair: number) => Fraction>> = {
    standard: () => ONE,
    '1/exposure': (pair) => ONE.over(exposure[pair] as Fraction),
    'relevance/exposure': (pair) => (relevance[pair] as Fraction).over(exposure[pair] as Fraction),
  };
  const all = [...outcomes()].filter(({ clicked }) => clicked.length > 0);
  const some = sum(all.map(({ probability }) => probability));
  const estimate = (weight: (pair: number) => Fraction, clicked: readonly number[]) => {
    const total = sum(clicked.map((pair) => weight(pair).times(metric[pair] as Fraction)));
    return {
      total,
      selfNormalised: total.over(sum(clicked.map(weight))),
      plain: total.over(Fraction.of(clicked.length)),
    };
  };
  const expected = (weight: (pair: number) => Fraction) => {
    const found = all.map(({ clicked, probability }) => ({ probability, ...estimate(weight, clicked) }));
    const over = (pick: (one: (typeof found)[number]) => Fraction): Fraction =>
      sum(found.map((one) => one.probability.times(pick(one))));
    return {
      selfNormalised: over(({ selfNormalised }) => selfNormalised).over(some),
      plain: over(({ plain }) => plain).over(some),
      // Of no click the sum is 0: this one is over everything.
      sum: over(({ total }) => total),
    };
  };
  const wanted = sum(relevance.map((p, pair) => p.times(metric[pair] as Fraction)));
  const shown = [0b000000001, 0b100010001, 0b111111111].map((set) =>
    all.find(({ clicked }) => clicked.reduce((bits, pair) => bits | (1 << pair), 0) === set),
  );
  return {
    ...{ relevance: RELEVANCE, exposure: EXPOSURE, metric: METRIC },
    estimand: { sum: wanted, mean: wanted.over(sum(relevance)) },
    noClick: ONE.minus(some),
    expectations: Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, expected(weight)])),
    outcomes: shown.map((one) => {
      const { clicked, probability } = one as NonNullable<typeof one>;
      return {
        ...{ clicked, probability },
        estimates: Object.fromEntries(
          Object.entries(weights).map(([name, weight]) => {
            const { selfNormalised, plain } = estimate(weight, clicked);
            return [name, { selfNormalised, plain }];
          }),
        ),
      };
    }),
  };
}

const WANTED = [
  ['1/2', '1/4', '3/4', '1/8', '5/8', '3/8', '7/8', '1/16'],
  ['1/3', '2/3', '1/6', '5/6', '1/12', '7/12', '1/4', '3/4'],
  ['1/5', '2/5', '4/5', '3/5', '1/10', '3/10', '7/10', '9/10'],
].map(fractions);
const HAD = [[6], [3, 0], []];
const LISTED = [
  [0.1, 0.8, 0.3, 0.7, 0.2, 0.6, 0.9, 0.4],
  [0.5, 0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.6],
  [0.9, 0.2, 0.4, 0.6, 0.1, 0.3, 0.8, 0.5],
];

/** What a method's pages of five are worth in truth, with what that is read against; items that a user had are not shown. */
function value(): object {
  const free = HAD.map((had) => Array.from({ length: 8 }, (_, item) => item).filter((item) => !had.includes(item)));
  const p = (user: number, item: number): Fraction => (WANTED[user] as Fraction[])[item] as Fraction;
  const page = (user: number, by: (item: number) => number): number[] =>
    [...(free[user] as number[])].sort((a, b) => by(b) - by(a) || a - b).slice(0, 5);
  const worth = (pages: readonly (readonly number[])[]): Fraction =>
    mean(pages.map((items, user) => mean(items.map((item) => p(user, item)))));
  const discounted = (user: number, items: readonly number[]): number =>
    items.reduce((total, item, place) => total + p(user, item).number * gain(place), 0);
  const users = [0, 1, 2];
  const own = users.map((user) => page(user, (item) => (LISTED[user] as number[])[item] as number));
  const ideal = users.map((user) => page(user, (item) => p(user, item).number));
  const popular = Array.from({ length: 8 }, (_, item) => {
    const those = users.filter((user) => free[user]?.includes(item));
    return mean(those.map((user) => p(user, item))).number;
  });
  return {
    ...{ relevance: WANTED, had: HAD, scores: LISTED },
    pages: own,
    'value@5': worth(own),
    'rndcg@5':
      users.reduce(
        (total, user) => total + discounted(user, own[user] as number[]) / discounted(user, ideal[user] as number[]),
        0,
      ) / 3,
    anchors: {
      random: mean(users.map((user) => mean((free[user] as number[]).map((item) => p(user, item))))),
      'best list': worth(users.map((user) => page(user, (item) => popular[item] as number))),
      ideal: worth(ideal),
    },
  };
}

/** How an estimate agrees with the truth over methods: pairs counted one by one. */
function trust(): object[] {
  const cases = [
    { name: 'agreement', value: ['1/10', '2/10', '3/10'], estimate: ['1/5', '2/5', '3/5'] },
    { name: 'turned round', value: ['1/10', '2/10', '3/10'], estimate: ['3/5', '2/5', '1/5'] },
    { name: 'ties', value: ['1/10', '2/10', '2/10', '4/10'], estimate: ['1/5', '1/5', '2/5', '1/10'] },
  ];
  return cases.map(({ name, value: values, estimate: estimates }) => {
    const [v, e] = [fractions(values), fractions(estimates)];
    let [concordant, discordant, told, toldByEstimate] = [0, 0, 0, 0];
    for (let i = 0; i < v.length; i++)
      for (let j = 0; j < i; j++) {
        const [a, b] = [v, e].map((all) => Math.sign((all[i] as Fraction).minus(all[j] as Fraction).number)) as [
          number,
          number,
        ];
        if (a !== 0) told++;
        if (b !== 0) toldByEstimate++;
        if (a * b > 0) concordant++;
        if (a * b < 0) discordant++;
      }
    const highest = Math.max(...e.map((one) => one.number));
    const picked = v.filter((_, m) => (e[m] as Fraction).number === highest);
    const best = v.reduce((most, one) => (one.number > most.number ? one : most));
    return {
      ...{ name, value: values, estimate: estimates, concordant, discordant },
      tauB: (concordant - discordant) / Math.sqrt(told * toldByEstimate),
      regret: best.minus(mean(picked)),
      turned: Fraction.of(discordant, told),
    };
  });
}

/** Scores of users in repetitions, and the variance of their mean by components. */
function variance(): object {
  const values = [
    ['1/2', '1/4', '3/4', '0'],
    ['1', '1/4', '1/2', '1/4'],
    ['1/2', '0', '1', '1/2'],
  ].map(fractions);
  const [R, U] = [values.length, 4];
  const square = (x: Fraction): Fraction => x.times(x);
  const rows = values.map(mean);
  const columns = Array.from({ length: U }, (_, u) => mean(values.map((row) => row[u] as Fraction)));
  const all = mean(rows);
  const repetitions = sum(rows.map((row) => square(row.minus(all)))).over(Fraction.of((R - 1) * R));
  const users = sum(columns.map((column) => square(column.minus(all)))).over(Fraction.of((U - 1) * U));
  const both = sum(
    values.flatMap((row, r) =>
      row.map((x, u) =>
        square(
          x
            .minus(rows[r] as Fraction)
            .minus(columns[u] as Fraction)
            .plus(all),
        ),
      ),
    ),
  ).over(Fraction.of((R - 1) * (U - 1) * R * U));
  return { values, mean: all, repetitions, users, both, variance: repetitions.plus(users).minus(both) };
}

/** Every file of the cases, by its name. */
export const CASES: Readonly<Record<string, () => unknown>> = {
  'rankings.json': rankings,
  'estimators.json': estimators,
  'value.json': value,
  'trust.json': trust,
  'variance.json': variance,
};

export const caseText = (name: string): string => `${JSON.stringify(CASES[name]?.(), null, 2)}\n`;

/** Where the cases lie. */
export const CASES_FOLDER = fileURLToPath(new URL('../../results/reference/cases/', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of Object.keys(CASES)) writeFileSync(join(CASES_FOLDER, name), caseText(name));
