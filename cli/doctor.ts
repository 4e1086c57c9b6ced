import { availableParallelism, cpus, freemem, type as system, totalmem } from 'node:os';
import { fastBackend } from '../benchmarks/backend_choice.js';
import { trainingSpeed } from '../benchmarks/probe.js';
import { type Kernels, WasmKernels } from '../compute/index.js';
import { load, NOT_INSTALLED, PACKAGES, reasonOf } from '../compute/tensorflow/library.js';
import { TensorFlowKernels } from '../compute/tensorflow/tensorflow_kernels.js';
import { dawnVersion } from '../compute/webgpu/device.js';
import { WebGpuKernels } from '../compute/webgpu/webgpu_kernels.js';
import { plainTable } from '../results/table.js';
import { PROGRAM } from '../support/version.js';
import { print, resultWidth } from './io.js';
import { terminalProgress } from './progress.js';
import type { Verb } from './verb.js';

/** One way to compute, and whether it is there. */
interface Finding {
  readonly backend: string;
  /** The npm package that it needs. */
  readonly package: string | null;
  /** What computes; null where the backend is not there. */
  readonly device: string | null;
  /** Why it is not there, and how to get it. */
  readonly reason: string | null;
  /** Million rows a second of GMF's training steps. */
  readonly speed: number | null;
}

/** Ways to compute, in the order of their names on the command line. */
const PLACES: readonly { backend: string; package: string | null; open(): Promise<Kernels> }[] = [
  { backend: 'wasm', package: null, open: async () => new WasmKernels() },
  { backend: 'webgpu', package: 'webgpu', open: () => WebGpuKernels.open() },
  ...PACKAGES.map((name) => ({
    backend: 'tensorflow',
    package: name,
    open: async () => new TensorFlowKernels(await load(name)),
  })),
];

const SECONDS = 1;

async function examine({ backend, package: name, open }: (typeof PLACES)[number]): Promise<Finding> {
  const version = name === 'webgpu' ? dawnVersion() : undefined;
  const named = version === undefined ? name : `${name} ${version}`;
  let kernels: Kernels;
  try {
    kernels = await open();
  } catch (error) {
    const why = name?.startsWith('@') ? reasonOf(name, error) : (error as Error).message;
    const how = why.startsWith(NOT_INSTALLED) ? `${why}: npm install ${name}` : why;
    return { backend, package: named, device: null, reason: how, speed: null };
  }
  try {
    const speed = await trainingSpeed(kernels, SECONDS);
    return { backend, package: named, device: kernels.device, reason: null, speed };
  } catch (error) {
    return { backend, package: named, device: kernels.device, reason: (error as Error).message, speed: null };
  } finally {
    kernels.close();
  }
}

export const doctorCommand: Verb<{ readonly json: boolean }> = {
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'print the result as JSON' })
      .example('$0 doctor', 'which --backend to use here') as never,
  async handler({ json }) {
    const progress = terminalProgress();
    progress.begin('a second for each backend', PLACES.length);
    const findings: Finding[] = [];
    for (const place of PLACES) {
      findings.push(await examine(place));
      progress.update(findings.length, place.package ?? place.backend);
    }
    progress.end();
    const machine = {
      program: `${PROGRAM.name} ${PROGRAM.version}`,
      node: process.version,
      system: `${system()} ${process.arch}`,
      processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`,
      memory: `${(freemem() / 1e9).toFixed(1)} of ${(totalmem() / 1e9).toFixed(1)} GB free`,
    };
    const auto = (await fastBackend()) ?? 'wasm';
    print(json ? JSON.stringify({ ...machine, auto, backends: findings }, null, 2) : describe(machine, findings, auto));
  },
};

function describe(machine: Readonly<Record<string, string>>, findings: readonly Finding[], auto: string): string {
  const rows = findings.map(({ backend, package: name, device, speed }) => [
    ...[backend, name ?? 'built in', speed?.toPrecision(3) ?? '-', device ?? 'not there'],
  ]);
  const reasons = findings.flatMap(({ backend, package: name, reason }) =>
    reason === null ? [] : [`${name ?? backend}: ${reason}`],
  );
  const choice =
    auto === 'wasm'
      ? '--backend auto takes wasm: no GPU answers that would be faster'
      : `--backend auto takes ${auto} where the work gains a fifth or more by it, which is measured; else wasm`;
  return [
    ...Object.entries(machine).map(([name, value]) => `${name.padEnd(10)} ${value}`),
    '',
    plainTable([['--backend', 'package', 'million rows/s', 'computes on'], ...rows], resultWidth()),
    'million rows/s: training steps of GMF, 6,040 users by 3,706 items, width 32',
    choice,
    ...(reasons.length > 0 ? ['', 'not there:', ...reasons.map((reason) => `  ${reason}`)] : []),
  ].join('\n');
}
