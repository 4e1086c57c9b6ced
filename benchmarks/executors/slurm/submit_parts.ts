import { z } from 'zod';
import { readState, writeDurably } from '../../../support/durable.js';
import { UserError } from '../../../support/errors.js';
import { programBuild } from '../../../support/version.js';
import type { SlurmFolder } from './folder.js';
import { quoted, splitWords, submit } from './scheduler.js';
import { arrayHead, runs, submitArrays } from './submit.js';

const planSchema = z.strictObject({
  version: z.literal(1),
  build: z.string(),
  submitted: z.string(),
  /** How many there are. */
  parts: z.number().int(),
  /** Numbers of parts, from 1, of each task. */
  shares: z.array(z.array(z.number().int().positive())),
});

/** The plan of a submission; undefined where there is none. */
export const readPartsPlan = (folder: SlurmFolder, round: string | number | undefined) =>
  planSchema.safeParse(readState(folder.file(`parts-${round}.json`))).data;

/** What a task of an array draws. Throws UserError where there is no such plan, or it is of another build. */
export function partsOfTask(folder: SlurmFolder, env: NodeJS.ProcessEnv): number[] {
  const [round, from] = [env['EXPOBENCH_ROUND'], Number(env['EXPOBENCH_FROM'] ?? 0)];
  const plan = readPartsPlan(folder, round);
  const path = folder.file(`parts-${round}.json`);
  if (!plan)
    throw new UserError(`"${path}" is not seen from this machine, or is no plan: --out must lie on a shared disk`);
  if (plan.build !== programBuild()) throw new UserError('the parts were planned by another build: submit again');
  return plan.shares[from + Number(env['SLURM_ARRAY_TASK_ID'] ?? 0)] ?? [];
}

/** Submits a job that makes the world, arrays that draw the parts that are left, and a job that joins them. */
export function submitParts(
  folder: SlurmFolder,
  left: readonly number[],
  options: {
    readonly parts: number;
    readonly tasks: number;
    readonly sbatch: string;
    readonly cores?: number | undefined;
    readonly words: readonly string[];
  },
  isDry = false,
): { scripts: Record<string, string>; commands: string[]; ids: string[]; tasks: number } {
  const count = Math.min(options.tasks, left.length);
  // Parts are of a size: each task takes every so manieth of them.
  const shares = Array.from({ length: count }, (_, task) => left.filter((_, p) => p % count === task));
  const round = folder.rounds;
  const draws = runs(options.words, 'part').replace('export ', `export EXPOBENCH_ROUND="$1" EXPOBENCH_FROM="$2" `);
  const scripts = {
    [folder.file('world.sh')]: arrayHead + runs(options.words, 'world'),
    [folder.file('task.sh')]: arrayHead + draws,
    [folder.file('join.sh')]: arrayHead + runs(options.words, 'join'),
  };
  if (!isDry) {
    folder.make();
    for (const [path, text] of Object.entries(scripts)) writeDurably(path, text);
    const plan = {
      version: 1,
      build: programBuild(),
      submitted: new Date().toISOString(),
      parts: options.parts,
      shares,
    };
    writeDurably(folder.file(`parts-${round}.json`), JSON.stringify(plan));
  }
  const own = [
    ...(options.cores === undefined ? [] : [`--cpus-per-task=${options.cores}`]),
    ...splitWords(options.sbatch),
  ];
  const log = `--output=${folder.file('logs', 'world-%j.log')}`;
  const first = [`--job-name=${folder.jobName}`, log, ...own, folder.file('world.sh')];
  const world = isDry ? 'WORLD' : submit(first);
  const { commands, ids } = submitArrays(folder, count, options, (from) => [String(round), String(from)], {
    isDry,
    after: world,
  });
  return {
    scripts,
    tasks: count,
    commands: [['sbatch', '--parsable', ...first].map(quoted).join(' '), ...commands],
    ids: [world, ...ids],
  };
}

/** Submits a job alone, which goes on where it was stopped. */
export function submitJob(
  folder: SlurmFolder,
  {
    sbatch,
    cores,
    words,
  }: { readonly sbatch: string; readonly cores?: number | undefined; readonly words: readonly string[] },
  isDry = false,
): { scripts: Record<string, string>; commands: string[]; ids: string[] } {
  const path = folder.file('job.sh');
  const scripts = { [path]: arrayHead + runs(words, 'job') };
  const own = [...(cores === undefined ? [] : [`--cpus-per-task=${cores}`]), ...splitWords(sbatch)];
  const command = [`--job-name=${folder.jobName}`, `--output=${folder.file('logs', '%j.log')}`, ...own, path];
  if (!isDry) {
    folder.make();
    writeDurably(path, scripts[path] as string);
  }
  const ids = isDry ? [] : [submit(command)];
  return { scripts, ids, commands: [['sbatch', '--parsable', ...command].map(quoted).join(' ')] };
}
