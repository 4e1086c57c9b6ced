import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { testFolder } from '../../../support/test_folder.js';
import { readLines } from '../../journal.js';
import { SlurmFolder } from './folder.js';
import { jobsNamed, splitWords } from './scheduler.js';
import { slurmStatus } from './status.js';
import { sharesOf } from './submit.js';

const root = testFolder();
const main = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
const isHere = spawnSync('sinfo', ['-h']).status === 0;
const here = isHere ? describe : describe.skip;
const named = (name: string): string => (isHere ? name : `${name} (skipped: no Slurm answers here)`);

const DATA = ['--data', 'planted', '--users', '60', '--items', '50', '--ratings-per-user', '15'];
const SMALL = ['--epochs', '3', '--dim', '4', '--candidates', '20', '--bootstrap', '0', '--repetitions', '2'];
const sweepWords = (out: string, ...more: string[]): string[] => ['sweep', 'quick', ...DATA, '--out', out, ...more];

function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const own = { ...process.env, EXPOBENCH_CACHE: join(root, 'cache'), ...env };
  return spawnSync(process.execPath, [main, ...words], { cwd: root, encoding: 'utf8', env: own });
}

const read = (...names: string[]): string => readFileSync(join(root, ...names), 'utf8');
const folderOf = (out: string): SlurmFolder => new SlurmFolder(join(root, out));
const trialsOf = (out: string) =>
  folderOf(out)
    .lines()
    .filter(({ repetition }) => repetition !== undefined);

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let wait = 0; !holds(); wait++) {
    if (wait > 900) throw new Error(`never came: ${what}`);
    await sleep(100);
  }
}
const isOver = (out: string): boolean => jobsNamed(folderOf(out).jobName).length === 0;

describe('a plan of an array', () => {
  test('divides work such that tasks take about as long', () => {
    expect(sharesOf([5, 1, 4, 3, 2], 2)).toEqual([
      [0, 4, 1],
      [2, 3],
    ]);
    expect(sharesOf([1, 1], 5)).toEqual([[0], [1]]);
    expect(sharesOf([], 5)).toEqual([]);
  });

  test('takes options of sbatch as a shell splits them', () => {
    expect(splitWords(`--time=4:00:00 --comment="two words" --wckey='a "b"' -p x`)).toEqual([
      ...['--time=4:00:00', '--comment=two words', '--wckey=a "b"', '-p', 'x'],
    ]);
  });

  test('is printed without a cluster, and nothing is written', () => {
    const { stdout, status } = run(
      sweepWords('printed', ...SMALL, '--models', 'Pop', 'MF', '--slurm=print', '--sbatch', '--time=1:00'),
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/#SBATCH --signal=B:USR1@120\n/);
    expect(stdout).toMatch(/\nexec .*main\.js task .*printed\.slurm "\$@"\n/);
    expect(stdout).toMatch(/sbatch --parsable .*--array=0-3 .*--time=1:00 .*task\.sh 0 0\n/);
    expect(stdout).toMatch(/sbatch .*--dependency=afterany:JOB1 .*join\.sh\n/);
    expect(readdirSync(root).filter((name) => name.startsWith('printed'))).toEqual([]);
  });

  test('needs Slurm, and says what is wrong with what it is given', () => {
    const bare = run(sweepWords('bare', ...SMALL, '--slurm'), { PATH: '/nonexistent' });
    expect([bare.status, bare.stderr]).toEqual([
      2,
      expect.stringMatching(/^expobench: squeue is not on this machine: .*--slurm=print/),
    ]);
    expect(run(sweepWords('bare', '--sbatch', '-p x')).stderr).toMatch(/--sbatch goes with --slurm/);
    expect(run(['status', 'bare']).stderr).toMatch(/"bare" was not submitted with --slurm/);
    expect(run(['task', 'bare.slurm', '0', '0']).stderr).toMatch(/runs as a task of an array/);
    const lost = run(['task', 'bare.slurm', '0', '0'], { SLURM_ARRAY_TASK_ID: '0' });
    expect([lost.status, lost.stderr]).toEqual([
      2,
      expect.stringMatching(/is not seen from this machine: --out must lie on/),
    ]);
    expect(run(['simulate', '--out', 'bare', '--slurm']).stderr).toMatch(/--slurm goes with --parts/);
    expect(run(['train', '--model', 'MF', '--out', 'bare', '--slurm']).stderr).toMatch(/--slurm goes with --tune/);
  });
});

here(named('a cluster'), () => {
  beforeAll(() => {
    run(sweepWords('plain', ...SMALL, '--models', 'Pop', 'MF', 'GMF'));
  });
  // Whatever a test that failed has left.
  afterEach(() => {
    for (const name of readdirSync(root).filter((one) => one.endsWith('.slurm')))
      spawnSync('scancel', [`--name=${new SlurmFolder(join(root, name.replace('.slurm', ''))).jobName}`]);
  });

  test('gives the bytes of threads, in arrays below its limit; a killed task is named, and the rest is run by the same command', async () => {
    const words = sweepWords(
      'jobs',
      ...SMALL,
      '--models',
      'Pop',
      'MF',
      'GMF',
      '--slurm',
      '--array',
      '6',
      '--sbatch',
      '--mem=300',
    );
    const first = run(words);
    expect([first.status, first.stdout]).toEqual([0, expect.stringMatching(/submitted 6 trials in 6 tasks/)]);
    // One is taken away before it has run.
    const [last] = folderOf('jobs').readJobs(0)?.arrays.slice(-1) ?? [];
    spawnSync('scancel', [`${last}_1`]);
    // Arrays of at most four tasks.
    expect(folderOf('jobs').readJobs(0)?.arrays).toHaveLength(2);
    const twice = run(words);
    expect([twice.status, twice.stderr]).toEqual([
      2,
      expect.stringMatching(/still in the queue, so that nothing was submitted/),
    ]);
    expect(slurmStatus(join(root, 'jobs'))).toMatchObject({ unit: 'trials', all: 6 });
    await until(() => isOver('jobs'), 'the end of the jobs');
    expect(trialsOf('jobs')).toHaveLength(5);
    const logs = (): string =>
      readdirSync(folderOf('jobs').file('logs'))
        .filter((name) => name.startsWith('join'))
        .map((name) => readFileSync(folderOf('jobs').file('logs', name), 'utf8'))
        .join('');
    expect(logs()).toMatch(/1 trainings are missing: .* on planted, \d\. The same command again submits what is left/);
    expect(run(['status', 'jobs']).stdout).toMatch(
      /5 of 6 trials done.*\n.*the same command again submits what is left/,
    );
    // A line that was cut off is passed over.
    const journals = folderOf('jobs').file('journals');
    appendFileSync(join(journals, readdirSync(journals)[0] as string), '{"version":1,"key":"torn');
    expect(run(words).stdout).toMatch(/submitted 1 trials in 1 task, 5 are done/);
    await until(() => isOver('jobs'), 'the end of the second round');
    expect(read('jobs', 'trials.ndjson')).toBe(read('plain', 'trials.ndjson'));
    for (const table of readdirSync(join(root, 'plain', 'tables')))
      expect(read('jobs', 'tables', table)).toBe(read('plain', 'tables', table));
    expect(JSON.parse(read('jobs', 'environment.json')).at(-1).machines).toMatchObject([{ trials: 6 }]);
    expect(run(words).stdout).toMatch(/nothing is left to submit: 6 trials are done/);
  });

  test('a task whose time is nearly up closes its journal, goes back into the queue, and goes on there', async () => {
    const long = ['--epochs', '2000', '--patience', '2000', '--dim', '4', '--candidates', '20', '--bootstrap', '0'];
    const words = [
      ...sweepWords('long', ...long, '--repetitions', '3', '--models', 'GMF', '--batch', '512'),
      '--slurm',
      '--array',
      '1',
    ];
    expect(run(words).status).toBe(0);
    const [id] = folderOf('long').readJobs(0)?.arrays ?? [];
    await until(() => trialsOf('long').length >= 1, 'a first trial');
    spawnSync('scancel', ['-s', 'USR1', '-b', `${id}_0`]);
    const logs = (): string => readFileSync(folderOf('long').file('logs', `${id}_0.log`), 'utf8');
    await until(() => /back in the queue/.test(logs()), 'back');
    expect(logs()).toMatch(/SIGUSR1: what runs may end, nothing new begins/);
    // It waits for two minutes, if nobody says otherwise.
    await until(
      () => jobsNamed(folderOf('long').jobName).some(({ id: job, state }) => job === `${id}_0` && state === 'PENDING'),
      'waits',
    );
    await until(() => {
      spawnSync('scontrol', ['update', `JobId=${id}_0`, 'StartTime=now']);
      return isOver('long');
    }, 'the end');
    expect(logs()).toMatch(/task 0, start 1/);
    expect(trialsOf('long')).toHaveLength(3);
    expect(new Set(trialsOf('long').map(({ key }) => key)).size).toBe(3);
    expect(readLines(join(root, 'long', 'trials.ndjson')).lines).toHaveLength(3);
  });

  test('what Slurm refuses is said in its words, and nothing is left in the queue; what never runs is shown with its reason', async () => {
    const words = sweepWords('refused', ...SMALL, '--models', 'Pop', '--slurm', '--sbatch');
    const { status, stderr } = run([...words, '--partition=gpu']);
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^expobench: sbatch refused: .*invalid partition specified: gpu/i),
    ]);
    expect(isOver('refused')).toBe(true);
    expect(run([...words, '--cpus-per-task=512']).status).toBe(0);
    await until(() => /PENDING \(\w+\)/.test(run(['status', 'refused']).stdout), 'a reason');
  });

  test('draws a simulation in parts, to the same bytes', async () => {
    const words = [
      '--users',
      '1200',
      '--items',
      '3000',
      '--ratings-per-user',
      '6',
      '--dim',
      '4',
      '--exposures-per-user',
      '8',
    ];
    run(['simulate', ...words, '--out', 'world']);
    const jobs = run(['simulate', ...words, '--out', 'drawn', '--parts', '2', '--slurm', '--array', '2']);
    expect([jobs.status, jobs.stderr]).toEqual([0, '']);
    await until(() => isOver('drawn'), 'the end');
    expect(slurmStatus(join(root, 'drawn'))).toMatchObject({ unit: 'parts', all: 2, done: 2 });
    expect(readdirSync(join(root, 'drawn')).sort()).toEqual(readdirSync(join(root, 'world')).sort());
    for (const name of readdirSync(join(root, 'world')))
      expect(readFileSync(join(root, 'drawn', name)).equals(readFileSync(join(root, 'world', name)))).toBe(true);
  });
});
