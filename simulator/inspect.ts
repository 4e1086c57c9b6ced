import { countIds } from '../datasets/interactions.js';
import { histogram, ranked, type Spread, spreadOf } from '../datasets/profile.js';
import { readFolder } from '../datasets/store.js';
import { UserError } from '../support/errors.js';
import { type Panel, panelPicture } from '../support/panels.js';
import { gini, rankCorrelation } from '../support/statistics.js';
import { type Calibration, describeCalibration, type Tenth } from './calibration.js';
import { describeEffect, type ExposureEffect, effectOf, effectStep, effectSums } from './effect.js';
import type { SimulationSummary } from './simulate.js';
import type { World } from './world.js';
import { readWorld } from './world_files.js';
import { describeVolume, type Volume } from './world_maker.js';

/** What a simulated folder looks like, beside its truth. */
export interface Inspection {
  readonly name: string;
  readonly users: number;
  readonly items: number;
  readonly clicks: number;
  readonly exposures: number;
  /** Share of pairs that were clicked. */
  readonly density: number;
  readonly cappedShare: number;
  readonly giniClicks: number;
  readonly giniExpectedExposures: number;
  readonly clicksPerUser: Spread;
  /** Quantiles 0.05, 0.25, 0.5, 0.75, 0.95 of p_exp and p_rel over the pairs of a sample of users. */
  readonly exposureQuantiles: readonly number[];
  readonly relevanceQuantiles: readonly number[];
  /** Rank correlation, over items, of clicks drawn and clicks expected from the truth (of the sampled users). */
  readonly agreement: number;
  /** Clicks of the sampled users beside what p_rel p_exp expects of them, and the difference in standard errors. */
  readonly sampled: {
    readonly users: number;
    readonly clicks: number;
    readonly expected: number;
    readonly standardErrors: number;
  };
  /** How many exposures stage two was expected to have, and would have had otherwise; absent from worlds of 0.5.0. */
  readonly volume?: Volume | undefined;
  /** What e(x, z) did; absent where it is 0. */
  readonly effect?: ExposureEffect | undefined;
  /** Absent where the exposure model was not calibrated. */
  readonly calibration?: Calibration | undefined;
  readonly picture: string;
}

const SAMPLE = 1000;
const UNIT = [0, 1] as const;
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Counts, distributions and agreement with the truth. Visits the pairs of at most a thousand users, spread evenly. */
export async function inspect(path: string): Promise<Inspection> {
  const { data, manifest } = await readFolder(path);
  if (manifest.kind !== 'simulated')
    throw new UserError(
      `"${path}" is a ${manifest.kind} folder: inspect looks at folders made by "expobench simulate"`,
    );
  const world = await readWorld(path);
  const { users, items } = world.state;
  const { second, volume, effect, calibration } = manifest['summary'] as Pick<SimulationSummary, 'second'> &
    Partial<SimulationSummary>;
  const perUser = countIds(data.user, users);
  const perItem = countIds(data.item, items);
  const step = Math.max(1, Math.floor(users / SAMPLE));
  const expectedClicks = new Float64Array(items);
  const [expectedExposures, exposuresAtZero] = [new Float64Array(items), new Float64Array(items)];
  const exposures: number[] = [];
  const relevances: number[] = [];
  let [expected, variance, sampledUsers, sampledClicks] = [0, 0, 0, 0];
  const stride = Math.max(1, Math.floor((Math.ceil(users / step) * items) / 200_000)); // of pairs, for the quantiles
  let pair = 0;
  for (let user = 0; user < users; user += step) {
    sampledUsers++;
    sampledClicks += perUser[user] as number;
    const [atZero, exposure, relevance] = [
      world.exposureRow(user, 1),
      world.exposureRow(user),
      world.relevanceRow(user),
    ];
    for (let item = 0; item < items; item++) {
      const [o, r] = [exposure[item] as number, relevance[item] as number];
      const p = o * r;
      expected += p;
      variance += p * (1 - p);
      (expectedClicks[item] as number) += p;
      (expectedExposures[item] as number) += o;
      (exposuresAtZero[item] as number) += atZero[item] as number;
      if (pair++ % stride === 0) {
        exposures.push(o);
        relevances.push(r);
      }
    }
  }
  const sampledItems = new Float64Array(items);
  for (let r = 0; r < data.user.length; r++) {
    if ((data.user[r] as number) % step === 0) (sampledItems[data.item[r] as number] as number)++;
  }
  const clicks = data.user.length;
  const numbers = {
    name: data.name,
    users,
    items,
    clicks,
    exposures: second.exposures,
    density: clicks / (users * items),
    cappedShare: second.cappedShare,
    giniClicks: gini(perItem),
    giniExpectedExposures: gini(expectedExposures),
    clicksPerUser: spreadOf(perUser),
    exposureQuantiles: quantiles(exposures),
    relevanceQuantiles: quantiles(relevances),
    agreement: rankCorrelation(expectedClicks, sampledItems),
    sampled: {
      users: sampledUsers,
      clicks: sampledClicks,
      expected,
      standardErrors: (sampledClicks - expected) / Math.sqrt(variance),
    },
    volume,
    // Manifests of 0.5.0 do not say it.
    effect: effect ?? (world.hasExtra ? effectIn(world) : undefined),
    calibration,
  };
  const drawn = { perItem, perUser, expectedExposures, exposuresAtZero, exposures, relevances, expectedClicks };
  return { ...numbers, picture: draw(numbers, { ...drawn, sampledItems }) };
}

function effectIn(world: World): ExposureEffect {
  const { users, items, state } = world;
  const sums = effectSums(world, 0, users, effectStep(users, items));
  return effectOf(sums, (state.second as NonNullable<typeof state.second>).popularity);
}

function quantiles(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return LEVELS.map((level) => sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? 0);
}

/** The inspection in words. */
export function describeInspection(inspection: Inspection): string {
  const number = (n: number): string => Math.round(n).toLocaleString('en');
  const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
  const { clicksPerUser, sampled, effect, volume, calibration } = inspection;
  const spread = (values: readonly number[]): string =>
    values.map((value) => (value < 0.001 ? value.toExponential(1) : value.toFixed(3))).join('  ');
  return [
    `${inspection.name}`,
    `  ${number(inspection.clicks)} clicks on ${number(inspection.exposures)} exposures of ${number(inspection.users)} users and ${number(inspection.items)} items; ${percent(inspection.density)} of pairs clicked`,
    `  clicks a user: least ${clicksPerUser.least}, median ${clicksPerUser.median}, most ${clicksPerUser.most}`,
    `  p_exp at 5, 25, 50, 75, 95%: ${spread(inspection.exposureQuantiles)}; ${percent(inspection.cappedShare)} of pairs shown for certain`,
    `  p_rel at 5, 25, 50, 75, 95%: ${spread(inspection.relevanceQuantiles)}`,
    `  Gini of items: clicks ${inspection.giniClicks.toFixed(3)}, expected exposures ${inspection.giniExpectedExposures.toFixed(3)}`,
    ...(effect === undefined ? [] : [`  e(x, z): ${describeEffect(effect)}`]),
    ...(volume === undefined ? [] : [`  ${describeVolume(volume)}`]),
    ...(calibration === undefined ? [] : [`  ${describeCalibration(calibration)}`]),
    `  against the truth (${number(sampled.users)} users): ${number(sampled.clicks)} clicks, ${number(sampled.expected)} expected (${sampled.standardErrors.toFixed(1)} standard errors off); rank correlation over items ${inspection.agreement.toFixed(3)}`,
  ].join('\n');
}

/** What pictures are made of, by item, by user, or by pair. */
interface Drawn {
  readonly perItem: Int32Array;
  readonly perUser: Int32Array;
  readonly expectedExposures: Float64Array;
  readonly exposuresAtZero: Float64Array;
  readonly exposures: readonly number[];
  readonly relevances: readonly number[];
  readonly expectedClicks: Float64Array;
  readonly sampledItems: Float64Array;
}

function draw(inspection: Omit<Inspection, 'picture'>, drawn: Drawn): string {
  const { name, effect, calibration } = inspection;
  const { perItem, perUser, expectedExposures, exposuresAtZero, exposures, relevances } = drawn;
  const ranks = { x: 'rank', type: 'line', logY: true } as const;
  const clicks = Array.from(drawn.expectedClicks, (expected, i): [number, number] => [
    expected,
    drawn.sampledItems[i] as number,
  ]);
  clicks.sort(([a], [b]) => a - b);
  return panelPicture(name, [
    { title: 'Clicks of items, by rank', ...ranks, logX: true, data: ranked(perItem) },
    {
      title: `Expected exposures, by rank${effect ? ' (grey: e = 0)' : ''}`,
      ...{ ...ranks, logX: true, data: ranked(expectedExposures) },
      against: effect && ranked(exposuresAtZero),
    },
    { title: 'Clicks of users, by rank', ...ranks, data: ranked(perUser) },
    {
      title: 'Percent of pairs by p_exp',
      x: 'p_exp',
      type: 'step',
      logY: true,
      range: UNIT,
      data: histogram(exposures, UNIT),
    },
    { title: 'Percent of pairs by p_rel', x: 'p_rel', type: 'step', range: UNIT, data: histogram(relevances, UNIT) },
    { title: 'Clicks of items, drawn against expected', x: 'expected', type: 'scatter', data: clicks },
    ...(effect ? effectPanels(effect) : []),
    ...(calibration ? [calibrationPanel(calibration)] : []),
  ]);
}

const HUNDRED = [0, 100] as const;
const EVEN: Panel['against'] = [
  [0, 1],
  [100, 1],
];

/** How often items are shown against e = 0, in the middle of each part of them. */
function effectPanels({ byPopularity, bySimilarity }: ExposureEffect): Panel[] {
  const parts = (ratios: readonly number[]): Panel['data'] =>
    ratios.map((ratio, p) => [(100 * (p + 0.5)) / ratios.length, ratio]);
  const shown = { type: 'line', range: HUNDRED, against: EVEN } as const;
  return [
    { title: 'Exposures over those of e = 0', ...shown, x: 'items by popularity, %', data: parts(byPopularity) },
    { title: 'Exposures over those of e = 0', ...shown, x: "users' items by x . z, %", data: parts(bySimilarity) },
  ];
}

function calibrationPanel({ before, after }: Calibration): Panel {
  const ratios = (tenths: readonly Tenth[]): Panel['data'] =>
    tenths.map(({ expected, observed }, t) => [10 * t + 5, expected > 0 ? observed / expected : 1]);
  return {
    title: 'Observed / expected (grey: before)',
    ...{ x: 'held-out exposures by p, %', type: 'line', range: HUNDRED, data: ratios(after), against: ratios(before) },
  };
}
