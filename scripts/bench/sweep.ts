import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { reportOf } from '../../results/report/report.js';
import { readRun } from '../../results/run_folder.js';
import type { Benchmark } from './measure.js';

const TRIALS = 16;
const REPORTED = 1000;

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

/** Seconds and megabytes of the report of a run of a thousand trials: those of a small run, over and over. */
async function report(data: Interactions): Promise<{ seconds: number; megabytes: number }> {
  const place = mkdtempSync(join(tmpdir(), 'expobench-bench-'));
  const out = join(place, 'run');
  const plan = planSuite(
    { ...quick, methods: ['GMF', 'ACL:GMF/GMF'], figures: [{ kind: 'training' }] },
    { seed: 1, settings: { dim: 8, epochs: 40, patience: 40, candidates: 20, bootstrap: 0 } },
  );
  const opened = { key: 'bench', name: data.name, data, sha256: hashData(data, undefined) };
  try {
    await sweep(plan, async () => [opened], { out });
    const lines = readFileSync(join(out, 'trials.ndjson'), 'utf8').trim().split('\n');
    const many = Array.from({ length: REPORTED }, (_, t) => lines[t % lines.length]);
    writeFileSync(join(out, 'trials.ndjson'), `${many.join('\n')}\n`);
    const started = performance.now();
    const html = reportOf(await readRun(out));
    return { seconds: (performance.now() - started) / 1000, megabytes: Buffer.byteLength(html) / 1e6 };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

export const sweeps: Benchmark = {
  name: 'sweep',
  summary: `${TRIALS} equal trials on one and two workers, what the runner costs a trial, and a report`,
  always: false,
  async run() {
    const data = await openSplit('planted', {}, PLANTED_DEFAULTS);
    const settings: Settings = { epochs: 30, patience: 30, batch: 512, bootstrap: 0 };
    const one = await timed(data, ['GMF'], settings, TRIALS, 1);
    const two = await timed(data, ['GMF'], settings, TRIALS, 2);
    const goalOf = (goal: number, value: number) => ({
      reference: goal,
      referenceName: 'the goal',
      ratio: goal / value,
    });
    const small = await openSplit('planted', {}, { ...PLANTED_DEFAULTS, users: 100, items: 50, ratingsPerUser: 10 });
    const spent = await overhead(small);
    const { seconds, megabytes } = await report(small);
    return [
      {
        name: `${TRIALS} trials of GMF, two workers`,
        ...{ value: two, unit: 's', reference: one, referenceName: 'one worker', ratio: one / two, goal: '1.8' },
      },
      {
        name: 'the runner, a trial',
        ...{ value: spent, unit: 'ms', goal: '< 20 ms', ...goalOf(20, spent), ratio: undefined },
      },
      {
        name: `report of ${REPORTED} trials`,
        ...{ value: seconds, unit: 's', goal: '< 5 s', ...goalOf(5, seconds) },
      },
      {
        name: 'its size',
        ...{ value: megabytes, unit: 'MB', goal: '< 5 MB', ...goalOf(5, megabytes) },
      },
    ];
  },
};
