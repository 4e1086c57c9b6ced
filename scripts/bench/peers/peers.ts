import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownItems } from '../../../datasets/known.js';
import { openSplit } from '../../../datasets/open.js';
import { PLANTED_DEFAULTS } from '../../../datasets/planted.js';
import { PROGRAM } from '../../../support/version.js';
import { millionInteractions } from '../epoch.js';
import type { Benchmark, Figure } from '../measure.js';
import type { PeerJob } from './job.js';
import { peerJobs } from './registry.js';

const RUNS = 5;
const python = process.env['EXPOBENCH_PYTHON'] ?? 'python3';
/** One thread for whatever a package computes with. */
const ONE_THREAD = Object.fromEntries(
  ['OMP', 'OPENBLAS', 'MKL', 'NUMEXPR'].map((library) => [`${library}_NUM_THREADS`, '1']),
);

const argument = (name: string): string | undefined =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);

/** Python before a job's own: the data, then `work` timed, in CPU seconds, after what it imports. */
const programOf = ({ python: own }: PeerJob): string => `
import json, sys, time, warnings
warnings.filterwarnings('ignore')
import numpy as np, scipy.sparse as sparse
size = json.load(open('size.json'))
users, items = size['users'], size['items']
starts, columns = np.fromfile('starts.i32', np.int32), np.fromfile('items.i32', np.int32)
X = sparse.csr_matrix((np.ones(len(columns)), columns, starts), shape=(users, items))
${own}
before = time.process_time()
work()
print(json.dumps({'cpu': time.process_time() - before}))
`;

/** CPU seconds that a program says in its last line; undefined where it fails. */
function secondsOf(command: string, args: readonly string[], folder: string): number | undefined {
  const { status, stdout } = spawnSync(command, args, {
    ...{ cwd: folder, encoding: 'utf8', maxBuffer: 1e8 },
    env: { ...process.env, ...ONE_THREAD },
  });
  return status === 0 ? (JSON.parse(stdout.trim().split('\n').at(-1) as string).cpu as number) : undefined;
}

/** Versions of Python and of the packages that are there. */
function versions(): Record<string, string> {
  const program = `
import json, platform
from importlib.metadata import version, PackageNotFoundError
found = {'python': platform.python_version()}
for name in ('numpy', 'scipy', 'implicit', 'torch'):
    try: found[name] = version(name)
    except PackageNotFoundError: pass
print(json.dumps(found))`;
  const { status, stdout } = spawnSync(python, ['-c', program], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : {};
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

interface Row {
  readonly job: string;
  readonly peer: string;
  /** CPU seconds, run by run. */
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** Median, least and greatest of their seconds over ours, pair by pair; absent where the peer is not here. */
  readonly ratio?: { readonly median: number; readonly least: number; readonly greatest: number };
}

function compare(job: PeerJob, folder: string): Row {
  const worker = join(dirname(fileURLToPath(import.meta.url)), 'worker.js');
  const isHere = spawnSync(python, ['-c', `import ${['numpy', 'scipy', ...job.modules].join(', ')}`]).status === 0;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    const own = secondsOf(process.execPath, [worker, job.name, folder], folder);
    if (own === undefined) throw new Error(`${job.name} failed: node ${worker} "${job.name}" ${folder}`);
    ours.push(own);
    const other = isHere ? secondsOf(python, ['-c', programOf(job)], folder) : undefined;
    if (other !== undefined) theirs.push(other);
  }
  const ratios = theirs.map((seconds, run) => seconds / (ours[run] as number));
  const row = { job: job.name, peer: job.peer, ours, theirs };
  if (theirs.length < RUNS) return row;
  return { ...row, ratio: { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) } };
}

/**
 * Whole jobs against what users would otherwise run, one thread each, in processes of their own that alternate. `--data=PATH` names ratings; without it a
 * million pairs are made up. `--write=FILE` keeps all of it as JSON. Python is python3 or $EXPOBENCH_PYTHON.
 */
export const peers: Benchmark = {
  name: 'peers',
  summary: 'whole jobs against implicit, SciPy, NumPy and PyTorch, one thread each, in CPU seconds',
  always: false,
  async run() {
    const path = argument('data');
    const data =
      path === undefined ? millionInteractions() : await openSplit(path, {}, PLANTED_DEFAULTS, { exposed: false });
    const known = knownItems(data, 'train');
    const folder = mkdtempSync(join(tmpdir(), 'expobench-peers-'));
    try {
      writeFileSync(join(folder, 'starts.i32'), known.starts);
      writeFileSync(join(folder, 'items.i32'), known.items);
      writeFileSync(join(folder, 'size.json'), JSON.stringify({ users: known.users, items: known.itemCount }));
      const rows = peerJobs.all.map((job) => compare(job, folder));
      const file = argument('write');
      if (file !== undefined) {
        const { model } = cpus()[0] as { model: string };
        const size = { users: known.users, items: known.itemCount, pairs: known.items.length };
        const memory = `${Math.round(Number(/MemTotal:\s+(\d+)/.exec(memoryText())?.[1] ?? 0) / 2 ** 20)} GiB`;
        mkdirSync(dirname(file), { recursive: true });
        const machine = { processor: model, cores: cpus().length, memory };
        const made = { program: PROGRAM, node: process.version, ...versions() };
        const date = new Date().toISOString().slice(0, 10);
        writeFileSync(
          file,
          `${JSON.stringify({ date, machine, versions: made, data: size, runs: RUNS, rows }, null, 2)}\n`,
        );
      }
      return rows.map(figureOf);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const memoryText = (): string => {
  try {
    return readFileSync('/proc/meminfo', 'utf8');
  } catch {
    return '';
  }
};

function figureOf({ job, peer, ours, theirs, ratio }: Row): Figure {
  const spread = ratio ? ` (${ratio.least.toFixed(1)} to ${ratio.greatest.toFixed(1)})` : '';
  return {
    ...{ name: job, value: median(ours), unit: 's of CPU', goal: '1' },
    reference: theirs.length > 0 ? median(theirs) : undefined,
    referenceName: `${peer}${spread}`,
    ratio: ratio?.median,
  };
}
