import { countIds } from '../datasets/interactions.js';
import { histogram, ranked, type Spread, spreadOf } from '../datasets/profile.js';
import { readFolder } from '../datasets/store.js';
import { UserError } from '../support/errors.js';
import { panelPicture } from '../support/panels.js';
import { gini, rankCorrelation } from '../support/statistics.js';
import { readWorld } from './world_files.js';

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
  const second = (manifest['summary'] as { second: { exposures: number; cappedShare: number } }).second;
  const perUser = countIds(data.user, users);
  const perItem = countIds(data.item, items);
  const step = Math.max(1, Math.floor(users / SAMPLE));
  const expectedClicks = new Float64Array(items);
  const expectedExposures = new Float64Array(items);
  const exposures: number[] = [];
  const relevances: number[] = [];
  let [expected, variance, sampledUsers, sampledClicks] = [0, 0, 0, 0];
  const stride = Math.max(1, Math.floor((Math.ceil(users / step) * items) / 200_000)); // of pairs, for the quantiles
  let pair = 0;
  for (let user = 0; user < users; user += step) {
    sampledUsers++;
    sampledClicks += perUser[user] as number;
    const [exposure, relevance] = [world.exposureRow(user), world.relevanceRow(user)];
    for (let item = 0; item < items; item++) {
      const [o, r] = [exposure[item] as number, relevance[item] as number];
      const p = o * r;
      expected += p;
      variance += p * (1 - p);
      (expectedClicks[item] as number) += p;
      (expectedExposures[item] as number) += o;
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
  };
  return {
    ...numbers,
    picture: draw(data.name, perItem, perUser, expectedExposures, exposures, relevances, expectedClicks, sampledItems),
  };
}

function quantiles(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return LEVELS.map((level) => sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? 0);
}

/** The inspection in words. */
export function describeInspection(inspection: Inspection): string {
  const number = (n: number): string => Math.round(n).toLocaleString('en');
  const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
  const { clicksPerUser, sampled } = inspection;
  const spread = (values: readonly number[]): string =>
    values.map((value) => (value < 0.001 ? value.toExponential(1) : value.toFixed(3))).join('  ');
  return [
    `${inspection.name}`,
    `  ${number(inspection.clicks)} clicks on ${number(inspection.exposures)} exposures of ${number(inspection.users)} users and ${number(inspection.items)} items; ${percent(inspection.density)} of pairs clicked`,
    `  clicks a user: least ${clicksPerUser.least}, median ${clicksPerUser.median}, most ${clicksPerUser.most}`,
    `  p_exp at 5, 25, 50, 75, 95%: ${spread(inspection.exposureQuantiles)}; ${percent(inspection.cappedShare)} of pairs capped at 1`,
    `  p_rel at 5, 25, 50, 75, 95%: ${spread(inspection.relevanceQuantiles)}`,
    `  Gini of items: clicks ${inspection.giniClicks.toFixed(3)}, expected exposures ${inspection.giniExpectedExposures.toFixed(3)}`,
    `  against the truth (${number(sampled.users)} users): ${number(sampled.clicks)} clicks, ${number(sampled.expected)} expected (${sampled.standardErrors.toFixed(1)} standard errors off); rank correlation over items ${inspection.agreement.toFixed(3)}`,
  ].join('\n');
}

function draw(
  name: string,
  perItem: Int32Array,
  perUser: Int32Array,
  expectedExposures: Float64Array,
  exposures: readonly number[],
  relevances: readonly number[],
  expectedClicks: Float64Array,
  sampledClicks: Float64Array,
): string {
  const ranks = { x: 'rank', type: 'line', logY: true } as const;
  const drawn = Array.from(expectedClicks, (expected, i): [number, number] => [expected, sampledClicks[i] as number]);
  drawn.sort(([a], [b]) => a - b);
  return panelPicture(name, [
    { title: 'Clicks of items, by rank', ...ranks, logX: true, data: ranked(perItem) },
    { title: 'Expected exposures of items, by rank', ...ranks, logX: true, data: ranked(expectedExposures) },
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
    { title: 'Clicks of items, drawn against expected', x: 'expected', type: 'scatter', data: drawn },
  ]);
}
