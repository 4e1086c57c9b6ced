import { keyWords, stream, WasmKernels } from '../compute/index.js';
import { pow } from '../compute/math.js';
import { type Interactions, TEST, userItems } from '../datasets/interactions.js';
import type { Model } from '../models/model.js';
import type { ResultTable } from '../results/table.js';
import { World, type WorldState } from '../simulator/world.js';
import { summarize } from '../support/statistics.js';
import { Evaluator } from './evaluation.js';
import { bestItems, readAllScores, type ScoreReader } from './full_pass.js';
import { parseMethod } from './method.js';
import { METRICS, type Metrics } from './metrics.js';
import { runTrial, type TrialResult, type TrialSettings } from './trial.js';

/** How models are shown to users. */
export interface DeploymentSettings {
  /** Items on a page. */
  readonly page: number;
  /** A click at place k, counted from 1, has probability p_rel k^-decay: 0 for people who look at every place alike. */
  readonly decay: number;
  readonly seed: number;
}

/** What users did with a deployed model. */
export interface OnlineResult {
  readonly shown: number;
  readonly clicks: number;
  /** clicks / shown. */
  readonly clickThroughRate: number;
  /** The same without the luck of the draw: the mean click probability of what was shown. */
  readonly expectedRate: number;
}

const CLICKS = stream('staged clicks');

/**
 * Shows every user of the test part one page of what the model thinks best, among items that the user did not have before, and draws the
 * clicks from p_rel (PAPER section 6; A.6.9). A draw belongs to (seed, user, item): two models that show a pair at one place get the
 * same answer.
 */
export async function deploy(
  evaluator: Evaluator,
  model: Model,
  world: World,
  { page, decay, seed }: DeploymentSettings,
): Promise<OnlineResult> {
  const { data } = evaluator;
  const had = userItems(data, (row) => data.split?.[row] !== TEST);
  const { raw } = new WasmKernels();
  const [k0, k1] = keyWords(seed);
  const looks = Array.from({ length: page }, (_, place) => pow(place + 1, -decay));
  let [shown, clicks, expected] = [0, 0, 0];
  const reader: ScoreReader = {
    read(user, scores) {
      const relevance = world.relevanceRow(user);
      bestItems(scores, page, had, user).forEach((item, place) => {
        const probability = (relevance[item] as number) * (looks[place] as number);
        const word = raw.wordAt(item, user, CLICKS, 0, k0, k1) >>> 0;
        shown++;
        expected += probability;
        if (word < probability * 4294967296) clicks++;
      });
    },
  };
  await readAllScores(evaluator, model, [reader]);
  return { shown, clicks, clickThroughRate: clicks / shown, expectedRate: expected / shown };
}

/** One model trained, evaluated offline and deployed. */
export interface StagedResult {
  readonly label: string;
  readonly repetition: number;
  readonly offline: Pick<TrialResult, 'standard' | 'estimates'>;
  readonly online: OnlineResult;
}

/** Trains a model, evaluates it and deploys it in the world. Throws as `runTrial` does. */
export async function stageTrial(
  data: Interactions,
  state: WorldState,
  settings: TrialSettings,
  deployment: DeploymentSettings,
): Promise<Pick<StagedResult, 'offline' | 'online'>> {
  const { result, trained } = await runTrial(data, settings, { world: state });
  const test = await Evaluator.create(trained.kernels, data, TEST, settings.evaluation);
  const online = await deploy(test, trained.model, await World.create(state), deployment);
  return { offline: { standard: result.standard, estimates: result.estimates }, online };
}

/** The offline estimates that Table 3 compares. */
const ESTIMATES = ['standard', 'popularity', 'propensity', 'robust'] as const;

/** `raw`: the metric against the click-through rate. `standardised`: both less their mean over models, over their deviation. */
const SCALES = ['raw', 'standardised'] as const;

/**
 * Table 3: squared error of each offline estimate to the click-through rate, mean (sd) over models and repetitions. A metric and a rate
 * are on different scales, so that the raw errors compare levels; the standardised ones compare how models stand to one another.
 */
export function errorTable(
  staged: readonly StagedResult[],
  dataName: string,
  scale: (typeof SCALES)[number],
): ResultTable {
  const models = new Set(staged.map(({ label }) => label)).size;
  const online = staged.map(({ online: { clickThroughRate } }) => clickThroughRate);
  const rows = ESTIMATES.flatMap((name) => {
    const offline = staged.map(({ offline: { standard, estimates } }) =>
      name === 'standard' ? standard : estimates[name]?.metrics,
    );
    if (offline.some((metrics) => metrics === undefined)) return [];
    const cells = METRICS.map((metric) => {
      const estimated = (offline as Metrics[]).map((metrics) => metrics[metric]);
      const [a, b] = scale === 'raw' ? [estimated, online] : [standardise(estimated), standardise(online)];
      return [metric, summarize(a.map((value, k) => (value - (b[k] as number)) ** 2))] as const;
    });
    return [{ label: `${name} evaluation`, cells: Object.fromEntries(cells) }];
  });
  return {
    title: `${dataName}: squared error to the click-through rate, ${scale}`,
    note: `Mean (sd) over ${models} models, ${staged.length} deployments; smaller is better.${leftOut(rows.length)}`,
    columns: METRICS,
    rows,
    format: 'number',
    lowerIsBetter: true,
  };
}

/** Says that estimates are missing which not every model has: the robust one is for PS and ACL. */
const leftOut = (rows: number): string =>
  rows < ESTIMATES.length
    ? ' Estimates that not every model has are left out (the robust one is for PS and ACL, another needs --propensity-model).'
    : '';

/** What an A/B test shows: the models, then the errors of the estimates on both scales. */
export function abTestTables(staged: readonly StagedResult[], dataName: string): ResultTable[] {
  return [stagedTable(staged, dataName), ...SCALES.map((scale) => errorTable(staged, dataName, scale))];
}

/** Less the mean, over the deviation; zeros where nothing differs. */
function standardise(values: readonly number[]): number[] {
  const { mean, sd } = summarize(values);
  return values.map((value) => (sd ? (value - mean) / sd : 0));
}

/** Each model's offline estimates beside what happened online, means over repetitions. */
function stagedTable(staged: readonly StagedResult[], dataName: string): ResultTable {
  const rows = [...new Set(staged.map(({ label }) => label))].map((label) => {
    const own = staged.filter((one) => one.label === label);
    const cell = (pick: (one: StagedResult) => number | undefined) => {
      const values = own.map(pick).filter((value) => value !== undefined);
      return values.length > 0 ? summarize(values) : undefined;
    };
    const offline = ESTIMATES.map((name) => [
      `${name} hit@5`,
      cell(({ offline: { standard, estimates } }) =>
        name === 'standard' ? standard['hit@5'] : estimates[name]?.metrics['hit@5'],
      ),
    ]);
    return {
      label,
      cells: {
        ...Object.fromEntries(offline),
        'click-through rate': cell(({ online }) => online.clickThroughRate),
        'expected rate': cell(({ online }) => online.expectedRate),
      },
    };
  });
  return {
    title: `${dataName}: offline and online`,
    note: 'Percent, mean (sd) over repetitions; pages shown once to every user of the test part.',
    columns: [...ESTIMATES.map((name) => `${name} hit@5`), 'click-through rate', 'expected rate'],
    rows,
  };
}

/** Eight models that the paper would deploy: adversarially trained, of four kinds and two widths. */
export const STAGED_MODELS = ['MF', 'GMF', 'MLP', 'NCF'].flatMap((name) =>
  [16, 32].map((dim) => ({ model: `ACL:${name}/${name}`, dim })),
);

/** "ACL GMF/GMF, 16". */
export const stagedLabel = ({ model, dim }: { readonly model: string; readonly dim: number }): string =>
  `${parseMethod(model).label}, ${dim}`;
