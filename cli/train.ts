import { devicesOf, withChosenBackend } from '../benchmarks/backend_choice.js';
import { hashData } from '../benchmarks/suite_data.js';
import { runTrial, type TrialResult, type TrialSettings } from '../benchmarks/trial.js';
import { checkBudget } from '../benchmarks/tuning.js';
import { tuneOnWorkers } from '../benchmarks/tuning_pool.js';
import { type Estimated, isWeak } from '../evaluation/estimates/estimate.js';
import { estimateNamed } from '../evaluation/estimates/registry.js';
import type { EvaluationCatalogue } from '../evaluation/evaluate.js';
import { metricsAt } from '../evaluation/metrics/registry.js';
import { checkEvaluation } from '../evaluation/question.js';
import { checkMethod, needsExposures, parseMethod, refuseUnused } from '../methods/registry.js';
import { plainSettings } from '../methods/settings.js';
import { writeModel } from '../models/store.js';
import type { EpochRecord } from '../models/trainer.js';
import { terminalTable } from '../results/table.js';
import { UserError } from '../support/errors.js';
import { hashOf } from '../support/hash.js';
import { writeFolder } from '../support/output.js';
import { PROGRAM, programBuild } from '../support/version.js';
import { stopGently } from './interrupt.js';
import { note, print, resultWidth } from './io.js';
import { type QueueArguments, queueExecutor, queueOptions, stopSentence } from './machines.js';
import {
  methodHelp,
  methodNames,
  methodOptions,
  modelSetting,
  openTrialData,
  type TrainingArguments,
  trainingOf,
} from './method_options.js';
import {
  checkSeed,
  type OutputArguments,
  outputOptions,
  type ReadingArguments,
  readingOptions,
  workersOption,
} from './options.js';
import { type OwnFileArguments, ownFileOptions, readOwnFiles } from './own_files.js';
import { terminalProgress } from './progress.js';
import { type SlurmArguments, slurmOptions, slurmStage, submitAlone } from './slurm.js';
import { requeueJob } from './slurm_job.js';
import { describeTuning, type TuningArguments, tuningOf, tuningOptions } from './tuning.js';
import type { Verb } from './verb.js';

interface TrainArguments
  extends OwnFileArguments,
    ReadingArguments,
    TrainingArguments,
    OutputArguments,
    TuningArguments,
    QueueArguments,
    SlurmArguments {
  readonly model: string;
  readonly data: string;
}

export const trainCommand: Verb<TrainArguments> = {
  builder: (yargs) =>
    slurmOptions(
      queueOptions(
        workersOption(
          tuningOptions(ownFileOptions(methodOptions(outputOptions(readingOptions(yargs), 'the trained model')))),
        ),
      ),
    )
      .option('model', { type: 'string', demandOption: true, describe: methodHelp })
      .option('data', {
        type: 'string',
        default: 'planted',
        describe: 'prepared or simulated folder, file of ratings, or name of a data set',
      })
      .example('$0 train --model GMF --data runs/ml-100k --out runs/gmf', '')
      .example('$0 train --model Attn --set Attn.heads=2 --data runs/ml-100k --out runs/attn', 'histories of 50 items')
      .example('$0 train --model PS:GMF/oracle --data runs/popular --out runs/ps', 'weighted by the true exposure')
      .example(
        '$0 train --model ACL:GMF/GMF --alpha 0.1 --weights normalised --data runs/popular --out runs/acl',
        'adversarial counterfactual learning',
      )
      .example('$0 train --model GMF --tune one-by-one --tune-dims 32,64 --data runs/ml-100k --out runs/tuned', '')
      .example('$0 train --model GMF --tune random --queue redis://host:6379/0 --out runs/tuned', 'on other machines')
      .example('$0 train --model EASE --set EASE.penalty=300 --data runs/ml-100k --out runs/ease', '') as never,
  leading: {
    data: undefined,
    out: undefined,
    model: `${methodNames}; ./vae.yaml, ./mine.ts`,
    epochs: undefined,
    dim: undefined,
    'learning-rate': undefined,
    set: "a model's own setting, MODEL.NAME=VALUE, such as Attn.heads=2",
    tune: undefined,
    metrics: undefined,
    workers: undefined,
    seed: undefined,
    overwrite: undefined,
    json: undefined,
  },
  saidOtherwise: modelSetting,
  async handler(argv) {
    checkSeed(argv.seed);
    const { catalogue, methods = [] } = await readOwnFiles([argv.model], argv);
    const method = parseMethod(methods[0] ?? argv.model, catalogue);
    const modules = catalogue.modules.map(({ sha256 }) => sha256);
    const chosen: TrialSettings = {
      ...{ method: method.text, ...trainingOf(argv, catalogue) },
      ...(modules.length > 0 && { modules }),
    };
    const { dim } = plainSettings.parse(chosen.settings);
    const tuning = tuningOf(argv, dim, argv.seed);
    refuseUnused([method], chosen.settings);
    const stage = slurmStage(argv);
    if (tuning === undefined && (argv.queue !== undefined || stage !== undefined))
      throw new UserError(
        `${argv.queue === undefined ? '--slurm' : '--queue'} goes with --tune, whose trainings it runs; for one training alone, run it where it is to run`,
      );
    if (stage === 'submit' || stage === 'print') return submitAlone(argv);
    const { data, world } = await openTrialData(argv.data, argv, needsExposures(method, chosen.settings));
    checkEvaluation(data);
    if (tuning) checkBudget(method.text, tuning, catalogue);
    for (const width of tuning?.dims ?? [dim])
      checkMethod(method, data, { ...chosen.settings, dim: width }, world !== undefined);
    const progress = terminalProgress();
    const onEpoch = (record: EpochRecord, part: string): void =>
      progress.update(record.epoch, describeEpoch(record, part));
    const opened = { key: argv.data, name: data.name, data, world, sha256: hashData(data, world) };
    const [device] = await devicesOf([chosen]);
    const { result, tuned, backend } = await writeFolder(
      argv.out,
      { overwrite: argv.overwrite, inputs: [argv.data], resume: tuning !== undefined },
      async (folder) => {
        // A search for settings is gone on with where it was stopped.
        const run = hashOf([chosen, tuning, opened.sha256, programBuild()]);
        if (tuning) folder.claim({ kind: 'a training after a search for settings', run });
        const start = await withChosenBackend(opened, chosen, { catalogue });
        const tuned =
          tuning &&
          (await stopGently(
            async (stop, begun) => {
              const executor = await queueExecutor(argv, `tuning ${method.label}`, argv.out, note);
              begun();
              return tuneOnWorkers(opened, start, tuning, {
                ...{ workers: argv.workers, executor, stop, progress, catalogue },
                journal: folder.state('tuning.ndjson'),
              });
            },
            stopSentence(argv),
            stage === 'job' ? requeueJob : undefined,
          ));
        const settings = tuned?.settings ?? start;
        progress.begin(`training ${method.label}`, plainSettings.parse(settings.settings).epochs, true);
        const { result, trained } = await runTrial(data, settings, { world, onEpoch, catalogue });
        const { model } = trained;
        if (model) await writeModel(folder, method.players[0]?.name ?? method.text, { ...trained, model });
        trained.kernels.close();
        folder.writeJson('trial.json', { settings, result });
        if (tuned) folder.writeJson('tuning.json', { options: tuning, tried: tuned.tried, remarks: tuned.remarks });
        folder.writeJson('manifest.json', {
          kind: 'model',
          model: method.label,
          program: PROGRAM,
          data: data.name,
          size: trained.size,
          ...(settings.backend && { backend: trained.kernels.name, device: trained.kernels.device }),
          files: await folder.hashes(),
        });
        return { result, tuned, backend: settings.backend ?? 'wasm' };
      },
    );
    progress.end();
    if (argv.backend === 'auto') note(`the faster backend at this work here: ${backend}`);
    else if (device !== undefined) note(`computed on ${device}`);
    if (tuned && !argv.json) print(describeTuning(tuned));
    print(
      argv.json
        ? JSON.stringify(tuned ? { ...result, tried: tuned.tried, remarks: tuned.remarks } : result, null, 2)
        : `${describeTrial(`${method.label} on ${data.name}`, result, chosen.evaluation.cutoffs, catalogue)}\nwritten to ${argv.out}`,
    );
  },
};

const percent = (x: number): string => (100 * x).toFixed(2);

function describeEpoch({ loss, metric, exposure }: EpochRecord, part: string): string {
  const G = exposure ? `, G ${exposure.meanG.toFixed(2)} (${exposure.sdG.toFixed(2)})` : '';
  return `${part === 'g' ? 'g alone: ' : ''}loss ${loss.toFixed(4)}, validation Hit@10 ${percent(metric)}${G}`;
}

const single = (mean: number) => ({ n: 1, mean, sd: undefined });

/** The column of how many equally weighted test items an estimate is worth. */
const WORTH = 'test items';

/** What a reader must know of the numbers. */
function remarksOf({ tested, chosenBy }: TrialResult, weak: readonly string[]): string[] {
  return [
    ...weak.map((label) => `"${label}": under 30 or a tenth of the test items carry the weight, too few to rank by`),
    ...(tested.leftOut
      ? [
          `${tested.leftOut} test items left out: their users interacted with every item, so that there is nothing to rank them among`,
        ]
      : []),
    ...(tested.older
      ? [
          `${tested.older} of the test items are older than an item of the history that is read: the split is not by time`,
        ]
      : []),
    ...(chosenBy ? [`validation Hit@10 was the same in every epoch, so that ${chosenBy} chose the epoch`] : []),
  ];
}

function labelOf(key: string, { estimates }: EvaluationCatalogue): string {
  const { label, isExact } = estimateNamed(key, estimates);
  return key === 'standard' ? 'test' : isExact ? label : `test, ${label}`;
}

/** A trial's results for people. */
function describeTrial(
  title: string,
  result: TrialResult,
  cutoffs: readonly number[],
  catalogue: EvaluationCatalogue,
): string {
  const { estimates, lists, intervals, exposure, tested } = result;
  const metrics = metricsAt(cutoffs, catalogue.metrics).items.map(({ name }) => name);
  const estimated: [string, Estimated][] = Object.entries(estimates).map(([key, one]) => [
    labelOf(key, catalogue),
    one,
  ]);
  const rows = [['validation', { metrics: result.validation }] as [string, Estimated], ...estimated].map(
    ([label, estimate]) => ({
      label,
      cells: {
        ...Object.fromEntries(
          metrics.flatMap((name) => {
            const value = estimate.metrics[name];
            return value === undefined ? [] : [[name, single(value)]];
          }),
        ),
        ...(estimate.size !== undefined && { [WORTH]: single(estimate.size) }),
      },
      isWeak: estimate.size !== undefined && isWeak(estimate.size, tested.items),
    }),
  );
  const note =
    result.bestEpoch === undefined
      ? 'In percent.'
      : `In percent; weights of epoch ${result.bestEpoch} of ${result.epochs.length}.`;
  const columns = [...metrics, WORTH];
  const lines = [
    terminalTable(
      { title, note, columns, rows, styles: { [WORTH]: { format: 'count' } } },
      false,
      resultWidth(),
    ).trimEnd(),
    `${WORTH}: how many of the ${tested.items} test items the weights are worth, if all were weighted alike`,
    ...remarksOf(
      result,
      rows.filter((row) => row.isWeak).map(({ label }) => label),
    ),
  ];
  if (intervals) {
    const spans = Object.entries(intervals).map(([name, { low, high }]) => `${name} ${percent(low)}-${percent(high)}`);
    lines.push(`95% intervals of the test metrics, over users: ${spans.join(', ')}`);
  }
  lines.push(
    metricsAt(cutoffs, catalogue.metrics)
      .users.map(({ name }) => `${name} ${percent(lists[name] as number)}`)
      .join(', '),
  );
  if (lists['coverage'] !== undefined && lists['gini'] !== undefined && lists['popularity'] !== undefined) {
    lines.push(
      `lists of ten: ${percent(lists['coverage'])}% of items are shown, Gini ${lists['gini'].toFixed(3)}, mean popularity ${lists['popularity'].toFixed(1)} interactions`,
    );
  }
  if (exposure) {
    const { meanG, sdG, sdWithin, beta, why, correlation } = exposure;
    const spread = `sd ${sdG.toFixed(3)}, within labels ${sdWithin.toFixed(3)}`;
    lines.push(`G: mean ${meanG.toFixed(3)}, ${spread}; beta ${beta.map((b) => b.toFixed(3)).join(', ')}`);
    if (correlation !== undefined)
      lines.push(`correlation of log G with the true log exposure: ${correlation.toFixed(2)}`);
    if (why !== undefined)
      lines.push(
        `the exposure model has collapsed: ${why}, so this is plain training, and its robust estimate is void`,
      );
  }
  return lines.join('\n');
}
