import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SlurmFolder } from '../benchmarks/executors/slurm/folder.js';
import { planSuite } from '../benchmarks/plan.js';
import type { Measure } from '../benchmarks/replication/claim.js';
import { claims } from '../benchmarks/replication/claims.js';
import { shortfalls } from '../benchmarks/replication/full_size.js';
import { chooseClaims, judgeClaims, suitesOf } from '../benchmarks/replication/replicate.js';
import { chooseData } from '../benchmarks/suite_data.js';
import { suites } from '../benchmarks/suites/registry.js';
import { BUDGETS, type BudgetName } from '../benchmarks/suites/suite.js';
import { cacheFolder } from '../datasets/fetch.js';
import {
  COMPARISON_HEAD,
  claimsMarkdown,
  comparisonRow,
  countOutcomes,
  type Judgement,
  shortText,
  verdictText,
} from '../results/claims.js';
import { claimsPageOf } from '../results/report/claims.js';
import { readSessions } from '../results/run_folder.js';
import { plainTable } from '../results/table.js';
import type { Session } from '../support/environment.js';
import { optionName, UserError } from '../support/errors.js';
import { LIMITS } from '../support/limits.js';
import { OutputFolder } from '../support/output.js';
import { PROGRAM } from '../support/version.js';
import { note, print, resultWidth } from './io.js';
import { type QueueArguments, queueOptions } from './machines.js';
import { methodOptions, settingsOf, type TrainingArguments } from './method_options.js';
import {
  checkNumber,
  checkSeed,
  type OutputArguments,
  outputOptions,
  type ReadingArguments,
  readingOptions,
  workersOption,
} from './options.js';
import { inputsOf, opener, runSuite } from './run_suite.js';
import { type SlurmArguments, slurmOptions, slurmStage, submitRuns } from './slurm.js';
import type { Verb } from './verb.js';

interface ReplicateArguments
  extends ReadingArguments,
    TrainingArguments,
    OutputArguments,
    QueueArguments,
    SlurmArguments {
  readonly claims?: readonly string[];
  readonly data?: readonly string[];
  readonly budget: BudgetName;
  readonly repetitions: number;
  readonly metric: Measure['metric'];
  readonly truth: Measure['truth'] | 'oracle';
  readonly memory?: number;
  readonly cache?: string;
  readonly workers?: number;
}

/** Settings that claims are about. */
const VARIED = ['dim', 'alpha', 'outcome'] as const;

export const replicateCommand: Verb<ReplicateArguments> = {
  builder: (yargs) =>
    slurmOptions(
      queueOptions(workersOption(methodOptions(outputOptions(readingOptions(yargs), 'the runs and the verdicts')))),
    )
      .option('claims', {
        type: 'string',
        array: true,
        describe: `which to test; by default all:\n${claims.map(({ name, statement }) => `${name}: ${statement}`).join('\n')}`,
      })
      .option('data', {
        type: 'string',
        array: true,
        describe:
          "in the place of the paper's data: folders, files of ratings, names of data sets, simulated where a suite says so; or NAME=PATH for where one of the paper's lies",
      })
      .option('repetitions', {
        type: 'number',
        default: 5,
        describe: 'trainings of every method, which the tests are paired over',
      })
      .option('budget', {
        choices: BUDGETS,
        default: 'small' as const,
        describe: 'small: untuned; paper: tuned as in A.6.4',
      })
      .option('metric', {
        choices: ['hit@5', 'hit@10', 'ndcg@5', 'ndcg@10'] as const,
        default: 'ndcg@10' as const,
        describe: 'what methods are compared by',
      })
      .option('truth', {
        choices: ['expected', 'unbiased', 'value', 'oracle'] as const,
        default: 'expected' as const,
        describe:
          "on simulated data: the metric's exact expectation under the truth (oracle: the same), the paper's unbiased estimate of it from clicks, or value@10, clicks in 100 shown, whatever the metric",
      })
      .option('memory', {
        type: 'number',
        describe: 'gigabytes that trials under way may need together; by default four fifths of what is free',
      })
      .option('cache', {
        type: 'string',
        describe: 'folder of finished trials of all runs, to take from and add to; without a name, one in the cache',
      })
      .example('$0 replicate --data planted --epochs 20 --out runs/claims', 'on the embedded data, in minutes')
      .example('$0 replicate --data ml-1m=path/to/ratings.dat --budget paper --repetitions 10 --out runs/claims', '')
      .example('$0 replicate --claims alpha-in-between width-helps --data runs/ml-100k --out runs/two', '') as never,
  leading: {
    data: "folders, files of ratings, names of data sets; or NAME=PATH for one of the paper's",
    out: undefined,
    claims: `which to test; by default all: ${claims.map(({ name }) => name).join(', ')}`,
    repetitions: undefined,
    budget: undefined,
    metric: undefined,
    truth: 'what judges on simulated data',
    epochs: undefined,
    dim: undefined,
    workers: undefined,
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  async handler(argv) {
    checkSeed(argv.seed);
    checkNumber('repetitions', argv.repetitions, 2, LIMITS.repetitions.most, true);
    checkNumber('workers', argv.workers, 1, LIMITS.workers.most, true);
    checkNumber('memory', argv.memory, 0.01);
    const settings = settingsOf(argv);
    const varied = VARIED.find((name) => name in settings);
    if (varied !== undefined)
      throw new UserError(`replicate varies ${optionName(varied)} itself: leave it out, or use sweep`);
    const chosen = chooseClaims(argv.claims);
    const { budget, repetitions, seed, metric, out, overwrite } = argv;
    const truth = argv.truth === 'oracle' ? 'expected' : argv.truth;
    const runs = suitesOf(chosen).map((name) => {
      const suite = suites.get(name);
      const plan = planSuite(suite, { budget, repetitions, seed, settings });
      const data = chooseData(suite, argv.data ?? []);
      return { plan, data, short: shortfalls(suite, plan, settings, data) };
    });
    const leftOut = new Set(runs.flatMap(({ data }) => data.leftOut));
    if (leftOut.size > 0) note(`left out, not at hand: ${[...leftOut].join(', ')} (--data NAME=PATH names your copy)`);
    const inputs = runs.flatMap(({ data }) => inputsOf(data));
    const stage = slurmStage(argv);
    const isSubmitted = stage !== undefined && new SlurmFolder(out).exists;
    const folder = new OutputFolder(out, { overwrite: overwrite || isSubmitted, resume: true, inputs });
    const isNew = readdirSync(folder.partial).every((name) => name.startsWith('.'));
    claimReplication(folder, runs);
    if (stage === 'submit' || stage === 'print') {
      try {
        const sweeps = runs.map(({ plan, data }) => {
          const open = opener(plan, data, argv, '.');
          return { plan, out: folder.file(plan.suite), inputs: inputsOf(data), open };
        });
        await submitRuns(sweeps, argv);
      } finally {
        if (isNew && stage === 'print') folder.discard();
        else folder.leave();
      }
      return;
    }
    // What a stopped replication finished is taken from here, and so is what several suites share.
    const cache = argv.cache === undefined ? folder.state('cache') : argv.cache || join(cacheFolder(), 'trials');
    const found = new Map<string, Awaited<ReturnType<typeof runSuite>>['finished']>();
    for (const { plan, data } of runs) {
      const place = folder.file(plan.suite);
      try {
        const { finished } = await runSuite(plan, data, {
          ...{ ...argv, out: place, overwrite: true, cache, submitted: out },
        });
        found.set(plan.suite, finished);
      } catch (error) {
        // A mistake in what was asked for shows at the start: then nothing is left.
        if (isNew && found.size === 0 && error instanceof UserError) folder.discard();
        else folder.leave();
        throw error;
      }
    }
    const short = new Map(runs.map((run) => [run.plan.suite, run.short]));
    const judgements = judgeClaims(chosen, found, { metric, truth }, short);
    const sessions = runs.flatMap(({ plan }) => sessionsOf(folder.file(plan.suite)));
    folder.writeJson('claims.json', { metric, truth, budget, repetitions, claims: judgements });
    folder.write('claims.md', claimsMarkdown(judgements));
    folder.write('claims.html', claimsPageOf(judgements, [...found.keys()], sessions));
    folder.commit();
    print(argv.json ? JSON.stringify(judgements, null, 2) : describe(judgements));
    if (!argv.json) print(`written to ${out}: claims.html, claims.md, claims.json, and a run for each suite`);
  },
};

/** Keeps the runs that a stopped replication left, each of which looks after itself; another choice of claims may have left others. */
function claimReplication(folder: OutputFolder, runs: readonly { readonly plan: { readonly suite: string } }[]): void {
  folder.claim({ kind: 'a replication', run: PROGRAM.name });
  const wanted = runs.flatMap(({ plan: { suite } }) => [suite, `${suite}.partial`, `${suite}.replaced`]);
  for (const name of readdirSync(folder.partial))
    if (!name.startsWith('.') && !wanted.includes(name)) folder.remove(name);
}

const sessionsOf = (run: string): Session[] => readSessions(join(run, 'environment.json'));

function describe(judgements: readonly Judgement[]): string {
  const parts = judgements.flatMap((one) => [
    `${one.statement} (${one.source}): ${one.verdict.toUpperCase()}`,
    ...[one.why ?? '', shortText(one)].filter((text) => text !== ''),
    ...(one.comparisons.length > 0
      ? [
          plainTable(
            [COMPARISON_HEAD, ...one.comparisons.map((comparison) => comparisonRow(one, comparison))],
            resultWidth(),
          ),
        ]
      : []),
    '',
  ]);
  const overview = judgements.map((one) => [one.name, verdictText(one), countOutcomes(one)]);
  return [...parts, plainTable([['claim', 'verdict', 'comparisons'], ...overview], resultWidth())].join('\n');
}
