/** `npm run bench [-- NAME ...] [-- --json]`: measures speed and memory, each against a reference timed in the same run. */
import Table from 'cli-table3';
import { Registry } from '../../support/registry.js';
import { data } from './data.js';
import { epoch } from './epoch.js';
import { gpu } from './gpu.js';
import { intervals } from './intervals.js';
import type { Benchmark } from './measure.js';
import { memory } from './memory.js';
import { peers } from './peers/peers.js';
import { queue } from './queue.js';
import { scale } from './scale.js';
import { scaling } from './scaling.js';
import { simulation } from './simulation.js';
import { steps } from './steps.js';
import { sweeps } from './sweep.js';
import { ulp } from './ulp.js';

const benchmarks = new Registry<Benchmark>('benchmark', [
  steps,
  epoch,
  simulation,
  memory,
  ulp,
  sweeps,
  scale,
  gpu,
  data,
  queue,
  intervals,
  peers,
  scaling,
]);

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const json = process.argv.includes('--json');
try {
  const chosen =
    names.length > 0 ? names.map((name) => benchmarks.get(name)) : benchmarks.all.filter(({ always }) => always);
  const table = new Table({
    head: ['', 'ours', 'unit', 'reference', 'ratio', 'goal', 'reference is'],
    style: { head: [], border: [], compact: true },
  });
  for (const benchmark of chosen) {
    if (!json) process.stderr.write(`${benchmark.name}: ${benchmark.summary} ...\n`);
    for (const figure of await benchmark.run()) {
      const { name, value, unit, reference, ratio, goal, referenceName } = figure;
      if (json) console.log(JSON.stringify({ name, value, unit, reference: reference ?? null, ratio: ratio ?? null }));
      else
        table.push([
          name,
          value.toPrecision(3),
          unit,
          reference?.toPrecision(3) ?? 'not here',
          ratio?.toFixed(1) ?? '-',
          goal,
          referenceName,
        ]);
    }
  }
  if (!json) console.log(table.toString());
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
