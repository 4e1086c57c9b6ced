import { fasterBackend } from '../benchmarks/backend_choice.js';
import { drawnBy } from '../benchmarks/draw_elsewhere.js';
import type { Executor } from '../benchmarks/executors/executor.js';
import { SlurmFolder } from '../benchmarks/executors/slurm/folder.js';
import { taskPlace } from '../benchmarks/executors/slurm/run_share.js';
import { partsOfTask } from '../benchmarks/executors/slurm/submit_parts.js';
import { BACKEND_CHOICES, type BackendChoice } from '../compute/index.js';
import type { Interactions } from '../datasets/interactions.js';
import { openRatings } from '../datasets/open.js';
import { emptyParts } from '../datasets/split.js';
import { textTable } from '../results/text_table.js';
import { describeCalibration } from '../simulator/calibration.js';
import { simulationOf } from '../simulator/choices.js';
import { noiseText, PRESETS, SIMULATION_DEFAULTS, type SimulationConfig } from '../simulator/config.js';
import { describeEffect } from '../simulator/effect.js';
import { exposureFunctions } from '../simulator/exposure/registry.js';
import type { PartDrawer } from '../simulator/parts.js';
import { drawPartsOf, makeWorldOf, partsLeft, type SimulationSummary, simulate } from '../simulator/simulate.js';
import { describeVolume } from '../simulator/world_maker.js';
import type { TableNotes } from '../support/arrow_writer.js';
import { Answer, UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import { numberOf } from '../support/numbers.js';
import { OutputFolder, writeFolder } from '../support/output.js';
import { hearingSignals, type StopHandler } from './interrupt.js';
import { note, print, resultWidth } from './io.js';
import { type QueueArguments, queueExecutor, queueOptions, stopSentence } from './machines.js';
import {
  checkNumber,
  checkSeed,
  type FormatArgument,
  formatOption,
  type OutputArguments,
  outputOptions,
  plantedOptionsOf,
  type ReadingArguments,
  readingOptions,
  readOptionsOf,
  workersOption,
} from './options.js';
import { terminalProgress } from './progress.js';
import { type SlurmArguments, slurmOptions, slurmStage, submitSimulation } from './slurm.js';
import { requeueJob } from './slurm_job.js';
import type { Verb } from './verb.js';

interface SimulateArguments extends ReadingArguments, OutputArguments, FormatArgument, QueueArguments, SlurmArguments {
  readonly data: string;
  readonly workers?: number;
  readonly preset: string;
  readonly dim: number;
  readonly correction: SimulationConfig['correction'];
  readonly power: number;
  readonly eps1?: string;
  readonly eps2?: string;
  readonly exposuresPerUser?: number;
  readonly factors?: SimulationConfig['factors'];
  readonly exposure: string;
  readonly set: readonly string[];
  readonly userFeatures?: string;
  readonly itemFeatures?: string;
  readonly volume?: SimulationConfig['volume'];
  readonly calibration?: SimulationConfig['calibration'];
  readonly strength?: number;
  readonly formula?: string;
  readonly split: SimulationConfig['split'];
  readonly sampling: SimulationConfig['sampling'];
  readonly backend: BackendChoice;
  readonly exposures: boolean;
  readonly parts?: number;
  readonly partitioned: boolean;
}

const defaults = SIMULATION_DEFAULTS;
const functionHelp = exposureFunctions.all
  .map(({ name, summary, settings }) => {
    const defaults = Object.entries(settings.safeParse({}).data ?? {}).map(([key, value]) => `${key}=${value}`);
    return `${name}: ${summary}${defaults.length > 0 ? ` [${defaults.join(', ')}]` : ''}`;
  })
  .join('\n');

export const simulateCommand: Verb<SimulateArguments> = {
  builder: (yargs) =>
    slurmOptions(queueOptions(workersOption(formatOption(outputOptions(readingOptions(yargs), 'the simulated data')))))
      .option('data', {
        type: 'string',
        default: 'planted',
        describe: 'prepared folder, file of ratings, or name of a data set',
      })
      .option('exposure', {
        type: 'string',
        default: 'none',
        describe: `e(x, z), added to the logarithm of exposure: 0 leaves it, +0.7 doubles it, -0.7 halves it; ./mine.ts, ./mine.js or one of\n${functionHelp}`,
        group: 'Exposure:',
      })
      .option('strength', {
        type: 'number',
        describe: 'strength of the exposure function, which multiplies its variable; short for --set strength=...',
        group: 'Exposure:',
      })
      .option('formula', {
        type: 'string',
        describe:
          'formula of --exposure expression; popularity is log(popularity / mean), share the raw share, dot is x.z with root mean square 1',
        group: 'Exposure:',
      })
      .option('set', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'another setting of the exposure function, NAME=VALUE',
        group: 'Exposure:',
      })
      .option('user-features', {
        type: 'string',
        describe: 'table of users whose columns e(x, z) sees: numbers, texts, dates',
        group: 'Exposure:',
      })
      .option('item-features', { type: 'string', describe: 'the same of items', group: 'Exposure:' })
      .option('volume', {
        choices: ['kept', 'free'] as const,
        describe: 'whether stage two shows as much as with e = 0, or as much as e(x, z) makes of it [kept]',
        group: 'Exposure:',
      })
      .option('exposures-per-user', {
        type: 'number',
        describe: 'mean exposures a user in both stages, met by one constant on log p; by default as learned',
        group: 'Exposure:',
      })
      .option('preset', {
        choices: Object.keys(PRESETS),
        default: 'paper',
        describe: 'paper, or Saito et al. 2020; a number keeps worlds as they were, 1 as in 0.5.0',
        group: 'Stages:',
      })
      .option('eps1', {
        type: 'string',
        describe: `noise of relevance, KIND:LOCATION,SCALE [${noiseText(defaults.eps1)}]; KIND: constant, normal, per-user, per-item, structured`,
        group: 'Stages:',
      })
      .option('eps2', { type: 'string', describe: `noise of exposure [${noiseText(defaults.eps2)}]`, group: 'Stages:' })
      .option('power', {
        type: 'number',
        default: defaults.power,
        describe: 'exponent of the exposure probability',
        group: 'Stages:',
      })
      .option('correction', {
        choices: ['log-odds', 'none'] as const,
        default: defaults.correction,
        describe: 'take the sampling of negatives out of the exposure model, or leave it as the authors',
        group: 'Stages:',
      })
      .option('calibration', {
        choices: ['held-out', 'none'] as const,
        describe: 'calibrate the exposure model on pairs that its training did not see [held-out]',
        group: 'Stages:',
      })
      .option('factors', {
        choices: ['retrained', 'kept'] as const,
        describe: 'x and z: trained on the first clicks, or kept from the first exposure model [retrained]',
        group: 'Stages:',
      })
      .option('dim', { type: 'number', default: defaults.dim, describe: 'width of all factors', group: 'Stages:' })
      .option('split', {
        choices: ['leave-last-two', 'random'] as const,
        default: defaults.split,
        describe: 'of the clicks, by drawn time or 80/10/10',
      })
      .option('sampling', {
        choices: ['pairs', 'skip'] as const,
        default: defaults.sampling,
        describe:
          'visit every pair, or skip what is not shown: the same distribution, at a cost that grows with exposures, not with users times items',
      })
      .option('backend', {
        choices: BACKEND_CHOICES,
        default: 'wasm' as const,
        describe:
          'what computes: wasm, the processor; webgpu, any GPU, which draws, too; tensorflow, for training alone; auto, the faster of them here',
      })
      .option('exposures', {
        type: 'boolean',
        default: false,
        describe: 'write exposures.arrow, too: every shown pair and whether it was clicked',
      })
      .option('parts', {
        type: 'number',
        describe:
          'draw the final clicks in so many parts: killed at any moment, the same command goes on at the last one',
      })
      .option('partitioned', {
        type: 'boolean',
        default: false,
        describe: 'with --parts: leave the tables in parts, in clicks/ and exposures/, instead of joining them',
      })
      .example('$0 simulate --exposure popularity --strength 0.8 --out runs/popular', 'from the planted world')
      .example('$0 simulate --data runs/ml-100k --exposure bubble --set clusters=5 --out runs/bubble', '')
      .example(
        '$0 simulate --data runs/ml-100k --exposure expression --formula "0.5*dot - 0.3*popularity" --out runs/formula',
        '',
      )
      .example(
        '$0 simulate --data runs/ml-100k --exposure ./mine.ts --out runs/mine',
        'export default (x, z, { dot }) => 0.3 * dot',
      ) as never,
  leading: {
    data: undefined,
    out: undefined,
    exposure: `e(x, z), added to the log of the chance to be shown, so that +0.7 doubles it: ./mine.ts, ${exposureFunctions.names.join(', ')}`,
    strength: undefined,
    formula: undefined,
    set: undefined,
    'exposures-per-user': undefined,
    exposures: undefined,
    workers: undefined,
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  saidOtherwise(option) {
    const owner = exposureFunctions.all.find(({ settings }) => option in (settings.safeParse({}).data ?? {}));
    return owner && `--set ${option}=..., a setting of --exposure ${owner.name}`;
  },
  async handler(argv) {
    const stage = slurmStage(argv);
    if (argv.parts === undefined && (argv.queue !== undefined || stage !== undefined))
      throw new UserError(
        `${argv.queue === undefined ? '--slurm' : '--queue'} goes with --parts: say in how many parts the final clicks are drawn`,
      );
    const chosen = await configOf(argv);
    const { config, source } = chosen;
    if (stage === 'submit' || stage === 'print')
      return submitSimulation(argv, await partsLeft(argv.out, argv.parts as number));
    if (stage === 'part') return drawTaskParts(argv);
    const { data, origin } = await openRatings(argv.data, readOptionsOf(argv), plantedOptionsOf(argv));
    const features = await chosen.features(data);
    const { workers, exposures, parts, partitioned, overwrite, format } = argv;
    if (partitioned && parts === undefined) throw new UserError('--partitioned goes with --parts');
    const progress = terminalProgress();
    const executor = await queueExecutor(argv, 'simulation', argv.out, note);
    const byQueue =
      executor &&
      ((notes: TableNotes) => drawnBy(executor, { parts: parts ?? 1, exposures, label: notes.data ?? '' }, progress));
    const elsewhere = stage === 'join' ? () => missingParts : byQueue;
    const options = { config, source, features, workers, exposures, parts, partitioned, format, elsewhere };
    const inputs = [argv.data, argv.exposure, argv.userFeatures, argv.itemFeatures].filter(
      (path) => path !== undefined,
    );
    if (stage === 'world') {
      const folder = new OutputFolder(argv.out, { overwrite, resume: true, inputs });
      try {
        const inParts = { ...options, parts: parts as number };
        await hearingSignals(requeueJob, () => makeWorldOf(data, origin, inParts, folder, progress));
      } finally {
        folder.leave();
      }
      return;
    }
    const summary = await writeFolder(argv.out, { overwrite, resume: parts !== undefined, inputs }, (folder) =>
      hearingSignals(stopSimulation(executor, argv), () => simulate(data, origin, options, folder, progress)),
    );
    const said = [variablesIn(config), offScale(data, config)]
      .filter((remark) => remark !== undefined)
      .map((remark) => `\n${remark}`)
      .join('');
    print(
      argv.json
        ? JSON.stringify(summary, null, 2)
        : `${describeSimulation(summary, resultWidth())}${said}\nwritten to ${argv.out}`,
    );
  },
};

/** A first Ctrl-C lets go of parts that others draw; what came is kept. */
function stopSimulation(executor: Executor | undefined, argv: SimulateArguments): StopHandler {
  let isStopped = false;
  return (signal) => {
    if (!executor || isStopped || signal !== 'SIGINT') return undefined;
    isStopped = true;
    void executor.stop?.();
    return stopSentence(argv);
  };
}

/** Draws what a task of an array is to draw. */
async function drawTaskParts({ out, json }: SimulateArguments): Promise<void> {
  const numbers = partsOfTask(new SlurmFolder(out), process.env);
  const stop = new AbortController();
  const { cores } = taskPlace(0, process.env);
  const drawn = await hearingSignals(
    (signal) => {
      stop.abort();
      return requeueJob(signal);
    },
    () => drawPartsOf(out, numbers, cores, terminalProgress(), stop.signal),
  );
  print(json ? JSON.stringify({ drawn }) : `${drawn} of ${numbers.length} parts are drawn`);
}

/** What the job that joins does where parts are missing: it draws none itself. */
const missingParts: PartDrawer = async (_, numbers) => {
  throw new MissingError(
    `${numbers.length} parts are missing (${numbers.slice(0, 20).join(', ')}${numbers.length > 20 ? ', ...' : ''}): the same command again submits what is left`,
  );
};

/** Kept apart from mistakes, after which nothing is left. */
class MissingError extends Answer {}

/** Checks the options and makes the configuration. */
async function configOf(argv: SimulateArguments): ReturnType<typeof simulationOf> {
  checkSeed(argv.seed);
  checkNumber('dim', argv.dim, 1, LIMITS.width.most, true);
  checkNumber('power', argv.power, 1e-6, 1e6);
  checkNumber('exposures-per-user', argv.exposuresPerUser, 1e-9, 1e9);
  checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
  checkNumber('parts', argv.parts, 1, LIMITS.parts.most, true);
  if (argv.strength !== undefined) checkNumber('strength', argv.strength, -1e6, 1e6);
  const set = new Map<string, number | string>();
  for (const pair of argv.set) {
    const [name = '', ...rest] = pair.split('=');
    const value = rest.join('=');
    if (name === '' || value.trim() === '')
      throw new UserError(`--set "${pair}" is not understood: write NAME=VALUE, e.g. --set clusters=5`);
    if (set.has(name)) throw new UserError(`--set ${name} is given twice: give it once`);
    if (name === '__proto__') throw new UserError(`--set "${pair}": no setting has that name`);
    set.set(name, Number.isNaN(numberOf(value)) ? value : numberOf(value));
  }
  const { seed, dim, correction, power, split, preset, exposure, strength, formula, eps1, eps2, factors, sampling } =
    argv;
  const { userFeatures, itemFeatures, volume, calibration } = argv;
  return simulationOf({
    ...{ seed, dim, correction, power, split, preset, exposure, strength, formula, eps1, eps2, factors, sampling },
    ...{ userFeatures, itemFeatures, volume, calibration, exposuresPerUser: argv.exposuresPerUser },
    backend: argv.backend === 'auto' ? await fasterBackend() : argv.backend,
    set: set.size > 0 ? Object.fromEntries(set) : undefined,
  });
}

/** What the variables of a formula or a function of the user's are; undefined for functions that are built in. */
function variablesIn({ exposure, variables }: SimulationConfig): string | undefined {
  if (exposure.name !== 'own' && exposure.name !== 'expression') return undefined;
  return variables === 'raw'
    ? 'in e(x, z), as in 0.5.0, popularity is a share and dot is x.z as trained'
    : 'in e(x, z) popularity is log(popularity / mean) and dot is x.z with root mean square 1; up to 0.5.0 they were a share, now called share, and x.z as trained (--preset paper-1)';
}

/** Test items under which a metric is little more than chance. */
const LEAST_TESTED = 30;

/** Says which parts of a split are too small to evaluate on. */
export function smallParts(splits: Readonly<Record<string, number>>): string[] {
  const small = ['validation', 'test'].filter((name) => (splits[name] ?? 0) < LEAST_TESTED);
  if (small.length === 0) return [];
  const counts = small.map((name) => `${splits[name] ?? 0} ${name}`).join(' and ');
  return [
    `${counts} interactions are too few to tell methods apart: 30 are the least that means anything; give more data, or filter less`,
  ];
}

/** Says where ratings and eps1 are of different scales, so that nearly everything is relevant, or nothing; undefined where they are not. */
export function offScale(
  { rating }: Pick<Interactions, 'rating'>,
  { eps1 }: Pick<SimulationConfig, 'eps1'>,
): string | undefined {
  if (!rating?.length) return undefined;
  let [sum, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of rating) {
    sum += 1 / (1 + Math.exp(eps1.location - value));
    [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  const mean = sum / rating.length;
  if (mean > 0.05 && mean < 0.95) return undefined;
  const number = (x: number): string => x.toLocaleString('en', { maximumSignificantDigits: 4 });
  return `relevance is the sigmoid of a rating less eps1: for these ratings, ${number(least)} to ${number(most)}, and eps1 about ${number(eps1.location)} it is ${mean > 0.5 ? 'nearly 1, so that what is shown is clicked' : 'nearly 0, so that hardly anything is clicked'}; bring ratings to a scale such as 1 to 5, or set --eps1`;
}

/** What both stages drew, for people. */
export function describeSimulation(summary: SimulationSummary, width = Number.POSITIVE_INFINITY): string {
  const number = (n: number): string => Math.round(n).toLocaleString('en');
  const stages = [
    ['stage 1', summary.first],
    ['stage 2', summary.second],
  ] as const;
  const rows = stages.map(([name, stage]) => [
    name,
    number(stage.exposures),
    number(stage.clicks),
    `${((100 * stage.clicks) / Math.max(1, stage.exposures)).toFixed(1)}%`,
    `${(100 * stage.cappedShare).toFixed(2)}%`,
    stage.constant.toFixed(3),
  ]);
  const table = textTable([['', 'exposures', 'clicks', 'click rate', 'p_exp = 1', 'constant'], ...rows], {
    width,
    aligns: ['left', ...Array<'right'>(5).fill('right')],
  });
  const parts = Object.entries(summary.splits).map(([name, count]) => `${number(count)} ${name}`);
  const short =
    summary.shortUsers > 0 ? ` (users with too few clicks to leave two out: ${number(summary.shortUsers)})` : '';
  const { device, repeats = 0, calibration, effect, volume } = summary;
  const empty = emptyParts(
    summary.splits,
    `${summary.shortUsers > 0 ? `${number(summary.shortUsers)} of ${number(summary.users)} users have fewer than the three clicks that leave-last-two takes; ` : ''}more ratings, or more shown (--exposures-per-user), give more clicks`,
  );
  return [
    ...(repeats > 0
      ? [
          `${number(repeats)} ratings left out: the same user had rated the same item before, and the first rating counts`,
        ]
      : []),
    ...(device === undefined ? [] : [`computed on ${device}`]),
    `${number(summary.users)} users, ${number(summary.items)} items; relevance model off by ${summary.relevanceError.toFixed(3)} (RMSE held out)`,
    ...(calibration === undefined ? [] : [describeCalibration(calibration)]),
    table,
    effect === undefined ? 'e(x, z) = 0: exposure as learned' : `e(x, z): ${describeEffect(effect)}`,
    ...(effect === undefined ? [] : [describeVolume(volume)]),
    `split: ${parts.join(', ')}${short}`,
    ...(empty === undefined ? smallParts(summary.splits) : [empty]),
  ].join('\n');
}
