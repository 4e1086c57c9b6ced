import { PROBE_ROWS, PROBE_SIZE, stepper } from '../../benchmarks/probe.js';
import { ParameterFactory, WasmKernels } from '../../compute/index.js';
import { createModel } from '../../models/registry.js';
import { ATTENTION_ROWS, attentionStep, gameStep, pairBatches } from './games.js';
import { type Benchmark, type Figure, medianTime, randomBatches } from './measure.js';
import { PlainGmf, PlainMlp } from './plain.js';
import { torchStep } from './torch.js';

const STEPS = 200;

/** Median milliseconds of a training step of one of our models. */
export function ourStep(name: string): number {
  const kernels = new WasmKernels();
  const model = createModel(name, kernels, new ParameterFactory(kernels, 1), PROBE_SIZE);
  return medianTime(STEPS, stepper(kernels, model, PROBE_SIZE, pairBatches(kernels)));
}

function plainStep(Model: typeof PlainGmf | typeof PlainMlp): number {
  const model = new Model(PROBE_SIZE.users, PROBE_SIZE.items, PROBE_SIZE.dim, 0.005);
  const batches = randomBatches(20, PROBE_SIZE.users, PROBE_SIZE.items);
  return medianTime(40, (run) => {
    const { users, items, labels } = batches[run % 20] as (typeof batches)[number];
    model.train(users, items, labels);
  });
}

const rate = (milliseconds: number, rows: number): number => rows / milliseconds / 1000;

function figure(
  name: string,
  ours: number,
  reference: number | undefined,
  referenceName: string,
  goal: string,
  rows = PROBE_ROWS,
): Figure {
  return {
    name,
    value: rate(ours, rows),
    unit: 'million rows/s',
    reference: reference && rate(reference, rows),
    referenceName,
    ratio: reference && reference / ours,
    goal,
  };
}

/**
 * One training step: 10,240 rows (of attention 12,800, in 128 sequences of 50), dimension 32, 6,040 x 3,706, lazy Adam, one thread,
 * sampling not counted. An update of ACL is compared with those of its two models, too (A.6.5: their sum).
 */
export const steps: Benchmark = {
  name: 'steps',
  summary: 'training steps of GMF, MLP, NCF, ACL and Attn against plain JavaScript and PyTorch on one thread',
  always: true,
  async run() {
    const [gmf, mlp, ncf] = [ourStep('GMF'), ourStep('MLP'), ourStep('NCF')];
    const [acl, attn] = [await gameStep(), attentionStep()];
    return [
      figure('GMF step', gmf, plainStep(PlainGmf), 'the same loop in plain JavaScript', '4'),
      figure('GMF step', gmf, torchStep('GMF'), 'PyTorch, one CPU thread', '-'),
      figure('MLP step', mlp, plainStep(PlainMlp), 'plain JavaScript, row by row', '5 without torch'),
      figure('MLP step', mlp, torchStep('MLP'), 'PyTorch, one CPU thread', '5'),
      figure('NCF step', ncf, torchStep('NCF'), 'PyTorch, one CPU thread', '5'),
      figure('ACL:GMF/GMF update', acl, torchStep('ACL'), 'PyTorch, one CPU thread', '8'),
      figure('ACL:GMF/GMF update', acl, 2 * gmf, 'steps of f and of g alone', '1'),
      figure('Attn step', attn, torchStep('Attn'), 'PyTorch, one CPU thread', '2', ATTENTION_ROWS),
    ];
  },
};
