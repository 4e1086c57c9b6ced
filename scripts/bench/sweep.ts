import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planSuite } from '../../benchmarks/plan.js';
import type { Settings } from '../../benchmarks/settings.js';
import { hashData } from '../../benchmarks/suite_data.js';
import { quick } from '../../benchmarks/suites/quick.js';
import { sweep } from '../../benchmarks/sweep.js';
import { runTrial } from '../../benchmarks/trial.js';
import type { Interactions } from '../../datasets/interactions.js';
import { openSplit } from '../../datasets/open.js';
import { PLANTED_DEFAULTS } from '../../datasets/planted.js';
import type { Benchmark } from './measure.js';

const TRIALS = 16;

/** Seconds of a sweep of equal trials. */
async function timed(data: Interactions, methods: string[], settings: Settings, repetitions: number, workers: number) {
  const place = mkdtempSync(join(tmpdir(), 'expobench-bench-'));
  const plan = planSuite({ ...quick, methods }, { seed: 1, repetitions, settings });
  const opened = { key: 'bench', name: data.name, data, sha256: hashData(data, undefined) };
  try {
    const started = performance.now();
    await sweep(plan, async () => [opened], { out: join(place, 'run'), workers });
    return (performance.now() - started) / 1000;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** What the runner costs a trial: that of many small ones in a sweep on one worker, less the same number run in a row here. */
async function overhead(data: Interactions): Promise<number> {
  const settings: Settings = { dim: 8, candidates: 20, bootstrap: 0, full: false };
  const [few, many] = [20, 220];
  const difference = (await timed(data, ['Pop'], settings, many, 1)) - (await timed(data, ['Pop'], settings, few, 1));
  const [row] = planSuite({ ...quick, methods: ['Pop'] }, { seed: 1, settings }).rows;
  const alone = async (): Promise<number> => {
    const started = performance.now();
    for (let trial = 0; trial < many - few; trial++) if (row) await runTrial(data, row.settings);
    return (performance.now() - started) / 1000;
  };
  await alone();
  return (1000 * (difference - (await alone()))) / (many - few);
}

export const sweeps: Benchmark = {
  name: 'sweep',
  summary: `${TRIALS} equal trials on one and two workers, and what the runner costs a trial`,
  always: false,
  async run() {
    const data = await openSplit('planted', {}, PLANTED_DEFAULTS);
    const settings: Settings = { epochs: 30, patience: 30, batch: 512, bootstrap: 0 };
    const one = await timed(data, ['GMF'], settings, TRIALS, 1);
    const two = await timed(data, ['GMF'], settings, TRIALS, 2);
    const small = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 100, items: 50, ratingsPerUser: 10 });
    return [
      {
        name: `${TRIALS} trials of GMF, two workers`,
        ...{ value: two, unit: 's', reference: one, referenceName: 'one worker', ratio: one / two, goal: '1.8' },
      },
      {
        name: 'the runner, a trial',
        ...{
          value: await overhead(small),
          unit: 'ms',
          reference: 20,
          referenceName: 'the goal',
          ratio: undefined,
          goal: '< 20 ms',
        },
      },
    ];
  },
};
