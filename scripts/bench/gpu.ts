import { spawnSync } from 'node:child_process';
import { PROBE_ROWS, PROBE_SIZE, stepper, stepTime } from '../../benchmarks/probe.js';
import { type Kernels, ParameterFactory, WasmKernels } from '../../compute/index.js';
import { loadTensorFlow } from '../../compute/tensorflow/library.js';
import { TensorFlowKernels } from '../../compute/tensorflow/tensorflow_kernels.js';
import { WebGpuKernels } from '../../compute/webgpu/webgpu_kernels.js';
import { createModel } from '../../models/registry.js';
import { GpuWorld } from '../../simulator/gpu_world.js';
import { World } from '../../simulator/world.js';
import { withSoftwareVulkan } from '../software_vulkan.js';
import { ATTENTION_ROWS, attentionSteps, BATCHES, gameStep, pairBatches } from './games.js';
import type { Benchmark, Figure } from './measure.js';
import { benchWorld } from './simulation.js';
import { type TorchModel, torchStep } from './torch.js';

const POSITIVES = PROBE_ROWS / 5;
/** Seconds that a measurement takes, about. */
const SECONDS = 1;
const GOALS: Readonly<Record<TorchModel, string>> = { GMF: '5', ACL: '5', MLP: '3', NCF: '3', Attn: '1.5' };

function steps(kernels: Kernels, name: string, dim = PROBE_SIZE.dim, positives = POSITIVES): (run: number) => void {
  const size = { ...PROBE_SIZE, dim };
  const model = createModel(name, kernels, new ParameterFactory(kernels, 1), size);
  return stepper(kernels, model, size, pairBatches(kernels, positives));
}

/** Milliseconds of a step of each model. */
async function modelTimes(open: () => Promise<Kernels>): Promise<Record<TorchModel, number>> {
  const times: Partial<Record<TorchModel, number>> = {};
  for (const name of ['GMF', 'MLP', 'NCF', 'ACL', 'Attn'] as const) {
    const kernels = await open();
    times[name] =
      name === 'ACL'
        ? await gameStep(kernels)
        : await stepTime(kernels, name === 'Attn' ? attentionSteps(kernels) : steps(kernels, name), SECONDS);
    kernels.close();
  }
  return times as Record<TorchModel, number>;
}

/** Passes that a step of each model queues. */
async function passesOf(kernels: WebGpuKernels): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of ['GMF', 'MLP', 'NCF', 'ACL', 'Attn'] as const) {
    const { queue } = kernels;
    let before = queue.dispatches;
    if (name === 'ACL') await gameStep(kernels, 1);
    else {
      const step = name === 'Attn' ? attentionSteps(kernels) : steps(kernels, name);
      before = queue.dispatches;
      step(0);
    }
    const passes = Math.round((queue.dispatches - before) / (name === 'ACL' ? BATCHES : 1));
    figures.push(figure(`${name} step, webgpu`, passes, 'passes'));
  }
  return figures;
}

const figure = (name: string, value: number, unit: string, rest: Partial<Figure> = {}): Figure => ({
  ...{ name, value, unit, reference: undefined, referenceName: '-', ratio: undefined, goal: '-' },
  ...rest,
});

const beside = (value: number, reference: number | undefined, referenceName: string, goal = '-'): Partial<Figure> => ({
  ...{ reference, referenceName, goal },
  ratio: reference && value / reference,
});

/** Gigabytes a second of a sum of two long tensors, and billions of operations a second of a product of matrices. */
async function limitsOf(kernels: Kernels): Promise<{ bandwidth: number; operations: number }> {
  const n = 1 << 22;
  const [x, y] = [kernels.zeros([n]), kernels.zeros([n])];
  for (const tensor of [x, y]) kernels.fill(tensor, 1);
  const adding = await stepTime(kernels, () => kernels.addScaled(0.5, x, y), SECONDS);
  const edge = 512;
  const [a, b, c] = [0, 1, 2].map(() => kernels.zeros([edge, edge])) as [typeof x, typeof x, typeof x];
  for (const tensor of [a, b, c]) kernels.fill(tensor, 1);
  const multiplying = await stepTime(kernels, () => kernels.matmul(a, b, c), SECONDS);
  return { bandwidth: (n * 12) / adding / 1e6, operations: (2 * edge ** 3) / multiplying / 1e6 };
}

/**
 * The least that a step of GMF moves and computes: the distinct rows with their moments are read and written, their gradients written and read, and
 * eight numbers of each position of the batch touched; 9 operations a number of a position, forth and back, and 12 of Adam a number of a row.
 */
function floorOfGmf(): { megabytes: number; megaOperations: number } {
  const { users, items, dim } = PROBE_SIZE;
  const distinct = users * (1 - (1 - 1 / users) ** POSITIVES) + items * (1 - (1 - 1 / items) ** PROBE_ROWS);
  const numbers = distinct * (dim + 1);
  return {
    megabytes: (4 * (8 * numbers + 8 * PROBE_ROWS)) / 1e6,
    megaOperations: (9 * PROBE_ROWS * dim + 12 * numbers) / 1e6,
  };
}

async function stepFigures(
  title: string,
  open: () => Promise<Kernels>,
  wasm: Record<TorchModel, number>,
  isCuda: boolean,
) {
  const times = await modelTimes(open);
  return (Object.keys(times) as TorchModel[]).flatMap((name) => {
    const rate = (milliseconds: number): number =>
      (name === 'Attn' ? ATTENTION_ROWS : PROBE_ROWS) / milliseconds / 1000;
    const value = rate(times[name]);
    const torch = isCuda ? torchStep(name, 'cuda') : undefined;
    return [
      figure(`${name} step, ${title}`, value, 'million rows/s', beside(value, rate(wasm[name]), 'wasm, one thread')),
      ...(torch === undefined
        ? []
        : [
            figure(
              `${name} step, ${title}`,
              value,
              'million rows/s',
              beside(value, rate(torch), 'PyTorch, CUDA', GOALS[name]),
            ),
          ]),
    ];
  });
}

/** Sizes of batches and widths, for GMF. */
async function sweepFigures(title: string, open: () => Promise<Kernels>): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [dim, positives] of [
    [32, 512],
    [32, 8192],
    [32, 32768],
    [8, POSITIVES],
    [128, POSITIVES],
  ] as const) {
    const rates: number[] = [];
    for (const place of [open, async () => new WasmKernels()]) {
      const kernels = await place();
      rates.push((5 * positives) / (await stepTime(kernels, steps(kernels, 'GMF', dim, positives), SECONDS)) / 1000);
      kernels.close();
    }
    const [value, reference] = rates as [number, number];
    const name = `GMF, ${positives} clicks a batch, width ${dim}, ${title}`;
    figures.push(figure(name, value, 'million rows/s', beside(value, reference, 'wasm, one thread')));
  }
  return figures;
}

async function simulationFigure(title: string): Promise<Figure> {
  const state = benchWorld('none');
  const world = await World.create(state);
  const gpuWorld = await GpuWorld.create(world);
  const rate = async (users: number, draw: () => Promise<void>): Promise<number> => {
    const start = performance.now();
    await draw();
    return (users * state.items) / (performance.now() - start) / 1000;
  };
  const there = async (users: number): Promise<void> => {
    for await (const _ of gpuWorld.draw(0, users, 2));
  };
  const warm = await rate(64, () => there(64));
  const users = Math.min(state.users, Math.max(64, Math.round((warm * 1e6 * SECONDS) / state.items)));
  const value = await rate(users, () => there(users));
  const reference = await rate(500, async () => {
    for (let user = 0; user < 500; user++) world.draw(user, 2);
  });
  gpuWorld.close();
  const name = `drawing a stage, ${title}`;
  return figure(
    name,
    value,
    'million pairs/s',
    beside(value, reference, 'wasm, one thread', '1000 million pairs/s on an NVIDIA GPU'),
  );
}

/**
 * Training steps as in `steps`, batches and widths, drawing, and what a step of GMF leaves of the device's limits. Where the processor plays the GPU,
 * its speed says nothing: then the passes that a step queues are what counts.
 */
export const gpu: Benchmark = {
  name: 'gpu',
  summary: 'training and drawing on the GPU, by backend; where there is none, passes a step on software Vulkan',
  always: false,
  async run() {
    const figures: Figure[] = [];
    const software = await withSoftwareVulkan(process.env);
    const device = await WebGpuKernels.open().catch((error: Error) => {
      if (software['VK_ICD_FILENAMES'] !== process.env['VK_ICD_FILENAMES']) startAgain(software);
      process.stderr.write(`gpu: no WebGPU: ${error.message}\n`);
      return undefined;
    });
    let timed: Promise<Record<TorchModel, number>> | undefined;
    const wasm = (): Promise<Record<TorchModel, number>> => (timed ??= modelTimes(async () => new WasmKernels()));
    if (device) {
      const { title, isSoftware } = device.gpu;
      process.stderr.write(`gpu: webgpu is ${title}\n`);
      figures.push(...(await passesOf(device)));
      device.close();
      const open = (): Promise<Kernels> => WebGpuKernels.open();
      if (!isSoftware) {
        figures.push(...(await stepFigures('webgpu', open, await wasm(), /nvidia/i.test(title))));
        figures.push(...(await sweepFigures('webgpu', open)));
        figures.push(await simulationFigure('webgpu'), ...(await rooflineFigures('webgpu', open)));
      }
    }
    const tensorflow = await loadTensorFlow().catch(() => undefined);
    if (tensorflow && tensorflow.packageName !== '@tensorflow/tfjs') {
      process.stderr.write(`gpu: tensorflow is ${tensorflow.computes}\n`);
      const isCuda = tensorflow.packageName.endsWith('gpu');
      figures.push(...(await stepFigures('tensorflow', () => TensorFlowKernels.open(), await wasm(), isCuda)));
    }
    return figures;
  },
};

/** Runs this benchmark in a process that finds the GPU which the processor plays, and ends with it. */
function startAgain(env: NodeJS.ProcessEnv): never {
  const json = process.argv.includes('--json') ? ['--json'] : [];
  const { status } = spawnSync(process.execPath, [process.argv[1] as string, 'gpu', ...json], {
    stdio: 'inherit',
    env,
  });
  process.exit(status ?? 1);
}

async function rooflineFigures(title: string, open: () => Promise<Kernels>): Promise<Figure[]> {
  const kernels = await open();
  const limits = await limitsOf(kernels);
  const time = await stepTime(kernels, steps(kernels, 'GMF'), SECONDS);
  kernels.close();
  const { megabytes, megaOperations } = floorOfGmf();
  const [moved, computed] = [megabytes / time, megaOperations / time]; // GB/s and billions a second
  return [
    figure(
      `GMF step of ${megabytes.toFixed(1)} MB, ${title}`,
      moved,
      'GB/s',
      beside(moved, limits.bandwidth, 'a sum of two tensors here'),
    ),
    figure(
      `GMF step of ${megaOperations.toFixed(1)} million operations, ${title}`,
      computed,
      'billion operations/s',
      beside(computed, limits.operations, 'a product of matrices here'),
    ),
  ];
}
