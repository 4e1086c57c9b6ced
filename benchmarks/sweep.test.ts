import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParameterFactory, WasmKernels } from '../compute/index.js';
import { type Interactions, TEST, userItems, VALIDATION } from '../datasets/interactions.js';
import { openSplit } from '../datasets/open.js';
import { PLANTED_DEFAULTS, plantedRatings } from '../datasets/planted.js';
import { readFolder } from '../datasets/store.js';
import { itemValues } from '../evaluation/averages.js';
import { estimateNamed } from '../evaluation/estimates/registry.js';
import { hitAt } from '../evaluation/metrics/hit.js';
import { valueAtRank } from '../evaluation/metrics/metric.js';
import { testQuestion } from '../evaluation/question.js';
import { rank } from '../evaluation/ranks.js';
import type { Model } from '../models/model.js';
import { ModelScorers } from '../models/model_scorer.js';
import { createModel } from '../models/registry.js';
import { SIMULATION_DEFAULTS } from '../simulator/config.js';
import { simulate } from '../simulator/simulate.js';
import { readWorld } from '../simulator/world_files.js';
import { lineSum } from '../support/hash.js';
import { writeFolder } from '../support/output.js';
import { silent } from '../support/progress.js';
import { testFolder } from '../support/test_folder.js';
import { TrialCache } from './journal.js';
import { type PlanOptions, planSuite } from './plan.js';
import { StoppedError } from './runner.js';
import { choicesOf, type Settings } from './settings.js';
import { hashData, type OpenedData } from './suite_data.js';
import { quick as all } from './suites/quick.js';
import { type SweepOptions, sweep } from './sweep.js';
import { runTrial, type TrialSettings } from './trial.js';

/** Five methods are enough to try a sweep on. */
const quick = { ...all, methods: ['Pop', 'CF', 'MF', 'GMF', 'MLP'] };
const root = testFolder();
const PLANTED = { ...PLANTED_DEFAULTS, users: 300, items: 200, ratingsPerUser: 30 };
const SETTINGS: Settings = { dim: 8, epochs: 6, batch: 256, rate: 0.02, candidates: 50, bootstrap: 100 };
const PLAN: PlanOptions = { repetitions: 2, seed: 1, settings: SETTINGS };
/** Runs the quick suite on the planted data. */
const run = (out: string, options: Omit<SweepOptions, 'out'> = {}, plan: Partial<PlanOptions> = {}) =>
  sweep(planSuite(quick, { ...PLAN, ...plan }), async () => [opened()], { out: join(root, out), ...options });
const opened = (): OpenedData => ({ key: 'planted', name: data.name, data, sha256: hashData(data, undefined) });
const settings = (method: string): TrialSettings => ({ method, ...choicesOf(SETTINGS, 1, String) });

let data: Interactions;
beforeAll(async () => {
  data = await openSplit('planted', {}, PLANTED);
});

/** What tells of the machine and the time; nothing else in a run may. */
const OF_THE_MACHINE = ['environment.json', 'report.html'];

/** All files below a folder, with their text, but those that tell of the machine. */
function contents(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true }) as string[];
  return Object.fromEntries(
    files
      .filter((file) => statSync(join(path, file)).isFile() && !OF_THE_MACHINE.includes(file))
      .map((file) => [file, readFileSync(join(path, file), 'utf8')]),
  );
}

/** What a stopped run says of itself. */
function markLeft(out: string, suite = 'quick'): void {
  mkdirSync(join(`${out}.partial`, '.expobench'), { recursive: true });
  const mark = { kind: `a run of the suite "${suite}"`, run: suite };
  writeFileSync(join(`${out}.partial`, '.expobench', 'run.json'), JSON.stringify(mark));
}

/** A line with the checksum of what it says now. */
function withNewSum(line: string): string {
  const { sum: _, ...rest } = JSON.parse(line);
  return JSON.stringify({ ...rest, sum: lineSum(rest) });
}

describe('evaluation', () => {
  test('candidates are the same for every model, and never known to the user', async () => {
    const kernels = new WasmKernels();
    const seen = async (name: string): Promise<{ users: number[]; items: number[] }> => {
      const question = await testQuestion(kernels, data, TEST, { candidates: 50, seed: 3 });
      const model = createModel(name, kernels, new ParameterFactory(kernels, 1), { users: 300, items: 200, dim: 8 });
      model.fit?.(userItems(data), 1);
      const [users, items]: [number[], number[]] = [[], []];
      const spy: Model = {
        ...model,
        forward(tape, pairs) {
          const [user, item] = [kernels.integers(pairs.columns.users), kernels.integers(pairs.columns.items)];
          users.push(...user);
          items.push(...item);
          return model.forward(tape, pairs);
        },
      };
      await rank(new ModelScorers(kernels, data).of(spy), question);
      return { users, items };
    };
    const [pop, mf] = [await seen('Pop'), await seen('MF')];
    expect(mf).toEqual(pop);
    const known = userItems(data);
    const pairs = new Set(pop.users.map((user, p) => `${user} ${pop.items[p]}`));
    const tests = data.user.filter((_, row) => data.split?.[row] === TEST).length;
    let knownPairs = 0;
    for (let user = 0; user < 300; user++)
      for (const item of known.items.subarray(known.starts[user], known.starts[user + 1]))
        if (pairs.has(`${user} ${item}`)) knownPairs++;
    // Of what a user knows, the test items alone, and fifty candidates for each.
    expect([knownPairs, pop.items.length]).toEqual([tests, 51 * tests]);
  });

  test('full ranking counts just the items that the user has not interacted with', async () => {
    const kernels = new WasmKernels();
    const question = await testQuestion(kernels, data, TEST, { candidates: 0, seed: 1 });
    const constant: Model = {
      parameters: [],
      forward: (tape, pairs) => tape.constant(kernels.zeros([pairs.items.positions])),
    };
    const { greater, equal } = await rank(new ModelScorers(kernels, data).of(constant), question);
    const known = userItems(data);
    question.rows.forEach((row, r) => {
      const user = data.user[row] as number;
      expect(greater[r]).toBe(0);
      expect(equal[r]).toBe(200 - ((known.starts[user + 1] as number) - (known.starts[user] as number)));
    });
  });

  test('sampled ranking with as many candidates as there are equals full ranking', async () => {
    const kernels = new WasmKernels();
    const model = createModel('MF', kernels, new ParameterFactory(kernels, 5), { users: 300, items: 200, dim: 8 });
    const [sampled, full] = [
      await testQuestion(kernels, data, VALIDATION, { candidates: 200, seed: 1 }),
      await testQuestion(kernels, data, VALIDATION, { candidates: 0, seed: 1 }),
    ];
    const scorer = new ModelScorers(kernels, data).of(model);
    expect(await rank(scorer, sampled)).toEqual(await rank(scorer, full));
    // So does a scorer that has scores of pairs alone, and none of its own to count with.
    const { scorePairs } = scorer;
    expect(await rank({ scorePairs }, sampled)).toEqual(await rank(scorer, full));
    await expect(rank({ scorePairs }, full)).rejects.toThrow(/scores pairs alone/);
  });

  test('a model that scores NaN is reported as diverged', async () => {
    const kernels = new WasmKernels();
    const question = await testQuestion(kernels, data, TEST, { candidates: 10, seed: 1 });
    const broken: Model = {
      parameters: [],
      forward: (tape, pairs) => tape.constant(kernels.tensor(new Float32Array(pairs.items.positions).fill(Number.NaN))),
    };
    await expect(rank(new ModelScorers(kernels, data).of(broken), question)).rejects.toThrow(
      /some scores are NaN or infinite/,
    );
  });
});

test('a trial gives the same result to the bit each time', async () => {
  const [a, b] = [await runTrial(data, settings('MLP')), await runTrial(data, settings('MLP'))];
  expect(a.result).toEqual(b.result);
  expect(Object.keys(a.result.estimates)).toEqual(['standard', 'full-ranking', 'popularity']);
});

test('trained models beat a random order, and the best epoch is the one that was kept', async () => {
  for (const model of ['CF', 'MF', 'GMF', 'MLP', 'Pop']) {
    const { result } = await runTrial(data, settings(model));
    expect(result.estimates['standard']?.metrics['hit@10']).toBeGreaterThan(1.2 * (10 / 51));
    const best = Math.max(...result.epochs.map(({ metric }) => metric));
    if (result.bestEpoch !== undefined) expect(result.validation['hit@10']).toBe(best);
  }
});

/** Counts the trials that a sweep really begins. */
function count() {
  let begun = 0;
  const onChange: SweepOptions['onChange'] = (_, finished) => (begun += finished ? 0 : 1);
  return { onChange, trials: () => begun };
}

describe('a sweep', () => {
  test('one and two workers give byte-identical folders', async () => {
    await run('one', { workers: 1 });
    await run('two', { workers: 2 });
    const files = contents(join(root, 'one'));
    expect(OF_THE_MACHINE.filter((file) => existsSync(join(root, 'one', file)))).toEqual(OF_THE_MACHINE);
    expect(Object.keys(files).sort()).toEqual([
      'figures/data/planted.json',
      'figures/data/planted.pdf',
      'figures/data/planted.png',
      'figures/data/planted.svg',
      'manifest.json',
      'tables/quick-standard.csv',
      'tables/quick-standard.json',
      'tables/quick-standard.md',
      'tables/quick-standard.svg',
      'tables/quick-standard.tex',
      'trials.ndjson',
    ]);
    expect(contents(join(root, 'two'))).toEqual(files);
    expect(files['trials.ndjson']?.trim().split('\n').length).toBe(10);
  });

  test('goes on where it was stopped: finished trials are not run again, a cut-off line is', async () => {
    const whole = join(root, 'one');
    const lines = readFileSync(join(whole, 'trials.ndjson'), 'utf8').trim().split('\n');
    const stopped = join(root, 'stopped');
    markLeft(stopped);
    // A mark that only a kept line can carry, then a line that a kill cut in two.
    const marked = lines
      .slice(0, 4)
      .map((line) => line.replace('"lists":{', '"lists":{"kept":1,'))
      .map(withNewSum);
    writeFileSync(join(`${stopped}.partial`, 'trials.ndjson'), `${marked.join('\n')}\n`);
    appendFileSync(join(`${stopped}.partial`, 'trials.ndjson'), (lines[4] as string).slice(0, 30));
    const begun = count();
    await run('stopped', { workers: 2, onChange: begun.onChange });
    expect(begun.trials()).toBe(6);
    expect(existsSync(`${stopped}.partial`)).toBe(false);
    const { 'trials.ndjson': found, ...files } = contents(stopped);
    const { 'trials.ndjson': expected, ...others } = contents(whole);
    // The mark is in the hash of the trials, too.
    const hash = (text = ''): string => `"${createHash('sha256').update(text).digest('hex')}"`;
    expect(files['manifest.json']).toContain(hash(found));
    files['manifest.json'] = (files['manifest.json'] as string).replace(hash(found), hash(expected));
    expect(files).toEqual(others);
    const withoutMark = found?.replaceAll('"kept":1,', '').trim().split('\n').map(withNewSum);
    expect(withoutMark).toEqual(expected?.trim().split('\n'));
  });

  test('a trial that diverges is listed with its reason, and the others go on', async () => {
    const plan = planSuite(quick, { ...PLAN, methods: ['Pop', 'MLP'], repetitions: 1 });
    const wild = plan.rows.map((row) => ({
      ...row,
      settings: { ...row.settings, settings: { ...row.settings.settings, rate: 10 } },
    }));
    const { tables } = await sweep({ ...plan, rows: wild }, async () => [opened()], {
      ...{ out: join(root, 'diverged'), workers: 1 },
    });
    const rows = tables[0]?.table.rows ?? [];
    expect(rows[0]?.failed).toBeUndefined();
    expect(rows[1]?.failed).toMatch(/1 of 1, .*lower --rate/);
    expect(readFileSync(join(root, 'diverged', 'tables', 'quick-standard.md'), 'utf8')).toMatch(/MLP \(failed: /);
  });

  test('failed trials run again where asked for, the others do not; a journal line that is damaged is made anew', async () => {
    cpSync(join(root, 'one'), join(root, 'retried'), { recursive: true });
    const path = join(root, 'retried', 'trials.ndjson');
    const whole = readFileSync(path, 'utf8');
    const lines = whole.trim().split('\n');
    const failed = (line: string): string =>
      `${line.slice(0, line.indexOf('"outcome"'))}"outcome":{"failure":"no memory"}}`;
    const spoilt = lines.map((line, l) => (l === 2 ? withNewSum(failed(line)) : l === 5 ? '{"key":' : line));
    writeFileSync(path, `${spoilt.join('\n')}\n`);
    // A mistake leaves the run as it is.
    const broken = sweep(planSuite(quick, PLAN), () => Promise.reject(new Error('no data')), {
      ...{ out: join(root, 'retried'), retryFailed: true },
    });
    await expect(broken).rejects.toThrow('no data');
    expect([existsSync(path), existsSync(join(root, 'retried.partial'))]).toEqual([true, false]);
    const begun = count();
    await run('retried', { workers: 1, retryFailed: true, onChange: begun.onChange });
    expect(begun.trials()).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  test('a stopped or finished run of another suite is refused', async () => {
    markLeft(join(root, 'other'), 'table2');
    writeFileSync(join(root, 'other.partial', 'trials.ndjson'), 'hours of work');
    await expect(run('other')).rejects.toThrow(/holds what a run of the suite "table2" left.*name another folder/);
    expect(readFileSync(join(root, 'other.partial', 'trials.ndjson'), 'utf8')).toBe('hours of work');
  });

  test('asked to stop, it ends what runs, keeps it, and goes on from there', async () => {
    const controller = new AbortController();
    const stopping = run('stoppable', { workers: 1, stop: controller.signal, onChange: () => controller.abort() });
    await expect(stopping).rejects.toThrow(StoppedError);
    const kept = readFileSync(join(root, 'stoppable.partial', 'trials.ndjson'), 'utf8')
      .trim()
      .split('\n');
    expect(kept.map((line) => JSON.parse(line).outcome.result.estimates.standard.metrics['hit@10'] > 0)).toEqual([
      true,
    ]);
    await run('stoppable', { workers: 1 });
    expect(contents(join(root, 'stoppable'))).toEqual(contents(join(root, 'one')));
  });

  test('the cache of all runs saves what another run finished', async () => {
    const cache = new TrialCache(join(root, 'cache'));
    const begun = count();
    await run('cached-1', { cache, workers: 1, onChange: begun.onChange });
    expect(begun.trials()).toBe(10);
    await run('cached-2', { cache, workers: 1, onChange: begun.onChange });
    expect(begun.trials()).toBe(10);
    expect(contents(join(root, 'cached-2'))).toEqual(contents(join(root, 'one')));
  });

  test('the longest first, and no more at once than memory allows', async () => {
    const ended: string[] = [];
    let most = 0;
    await run('lean', {
      workers: 2,
      memory: 1,
      onChange({ running }, finished) {
        most = Math.max(most, running);
        if (finished) ended.push(finished.row);
      },
    });
    expect(most).toBe(1);
    expect([ended[0], ended.at(-1)]).toEqual(['MLP', 'Pop']);
    expect(contents(join(root, 'lean'))).toEqual(contents(join(root, 'one')));
  });

  test('tuning is part of the run: a stopped one does not tune again, and its tables are the same', async () => {
    const plan = planSuite(
      { ...quick, methods: ['MF'], tune: { strategy: 'one-by-one', budget: 3 } },
      { seed: 1, repetitions: 1, settings: SETTINGS },
    );
    await sweep(plan, async () => [opened()], { out: join(root, 'tuned'), workers: 1 });
    const whole = contents(join(root, 'tuned'));
    const lines = whole['trials.ndjson']?.trim().split('\n') ?? [];
    expect(lines.filter((line) => line.includes('"outcome":{"metric"')).length).toBe(3);
    markLeft(join(root, 'again'));
    writeFileSync(join(root, 'again.partial', 'trials.ndjson'), `${lines.slice(0, 2).join('\n')}\n`);
    const begun = count();
    await sweep(plan, async () => [opened()], { out: join(root, 'again'), workers: 1, onChange: begun.onChange });
    expect(begun.trials()).toBe(2);
    expect(contents(join(root, 'again'))).toEqual(whole);
  });

  test.each([
    ['after the manifest was written', () => {}],
    ['torn: the mark', (left: string) => writeFileSync(join(left, '.expobench', 'run.json'), '')],
    ['torn: no mark at all', (left: string) => rmSync(join(left, '.expobench'), { recursive: true })],
    ['torn: the sessions', (left: string) => writeFileSync(join(left, 'environment.json'), '')],
    ['torn: the sessions are of another shape', (left: string) => writeFileSync(join(left, 'environment.json'), '{}')],
    ['torn: the manifest', (left: string) => writeFileSync(join(left, 'manifest.json'), '{"kind":')],
    [
      'with what another run left',
      (left: string) => cpSync(join(left, 'tables'), join(left, 'parts'), { recursive: true }),
    ],
  ])('killed %s, it goes on and ends with the same bytes', async (name, damage) => {
    const out = join(root, `killed ${name.replaceAll(':', '')}`);
    cpSync(join(root, 'one'), `${out}.partial`, { recursive: true });
    markLeft(out);
    const outside = join(root, `outside ${name.replaceAll(':', '')}`);
    cpSync(`${out}.partial`, outside, { recursive: true });
    damage(outside);
    rmSync(`${out}.partial`, { recursive: true });
    cpSync(outside, `${out}.partial`, { recursive: true });
    const begun = count();
    await sweep(planSuite(quick, PLAN), async () => [opened()], { out, workers: 1, onChange: begun.onChange });
    // Without its mark, only a complete manifest tells that the trials are of this suite.
    if (name !== 'torn: the mark') expect(begun.trials()).toBe(0);
    expect(contents(out)).toEqual(contents(join(root, 'one')));
  });

  test('lines that are no trials run again, and that is said', async () => {
    const out = join(root, 'spoilt');
    markLeft(out);
    const lines = readFileSync(join(root, 'one', 'trials.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const empty = (line: string) => withNewSum(line.replace(/"outcome":.*/, '"outcome":{},"sum":""}'));
    const better = (line: string) => line.replace(/"hit@10":0\.\d/, '"hit@10":0.9');
    const spoilt = [empty(lines[0] as string), better(lines[1] as string), ...lines.slice(2)];
    writeFileSync(join(`${out}.partial`, 'trials.ndjson'), `${spoilt.join('\n')}\n`);
    const notes: string[] = [];
    const begun = count();
    await run('spoilt', { workers: 1, onChange: begun.onChange, onNote: (note) => notes.push(note) });
    expect(begun.trials()).toBe(2);
    expect(notes).toEqual([expect.stringMatching(/^2 lines of ".*trials.ndjson" cannot be taken/)]);
    expect(contents(out)).toEqual(contents(join(root, 'one')));
  });

  test('a second one on the same folder is told who writes it', async () => {
    let second: unknown;
    const open = async () => {
      second = await run('twice').catch((error: unknown) => error);
      return [opened()];
    };
    await sweep(planSuite(quick, { ...PLAN, methods: ['Pop'] }), open, { out: join(root, 'twice'), workers: 1 });
    expect(String(second)).toMatch(new RegExp(`is being written by process ${process.pid} on `));
  });

  test('does not replace a folder', async () => {
    cpSync(join(root, 'one'), join(root, 'kept'), { recursive: true });
    await expect(run('kept')).rejects.toThrow(/exists: name another folder/);
  });
});

/**
 * Popular items are pushed hard, so that standard evaluation flatters Pop. The truth is what a hit is worth when every pair has
 * the same chance to be shown: over all unknown pairs, hits weighted by relevance as often as the estimate weights them.
 */
test('the unbiased estimate is closer to the true metric than the standard one', async () => {
  const { data: ratings } = plantedRatings({ ...PLANTED, users: 1500, ratingsPerUser: 40 });
  const path = join(root, 'biased');
  const config = {
    ...SIMULATION_DEFAULTS,
    dim: 8,
    exposuresPerUser: 60,
    split: 'random' as const,
    exposure: { name: 'popularity', settings: { strength: 1 } },
  };
  await writeFolder(path, {}, (folder) =>
    simulate(ratings, { source: 'planted', format: 'planted' }, { config, workers: 2 }, folder, silent),
  );
  const clicks = (await readFolder(path)).data;
  const world = await readWorld(path);
  const known = userItems(clicks);
  const kernels = new WasmKernels();
  const model = createModel('Pop', kernels, new ParameterFactory(kernels, 1), { users: 1500, items: 200, dim: 8 });
  model.fit?.(
    userItems(clicks, (row) => clicks.split?.[row] === 0),
    1,
  );
  const counts = kernels.floats(model.parameters[0]?.value as never);
  const question = await testQuestion(kernels, clicks, TEST, { candidates: 0, seed: 1 });
  const metric = hitAt(10);
  const values = itemValues([metric], await rank(new ModelScorers(kernels, clicks).of(model), question));
  const estimate = async (key: string) => {
    const train = userItems(clicks, (row) => clicks.split?.[row] === 0);
    const weights = { clip: 0, normalisation: 'self-normalised' } as const;
    const propensity = () => Promise.reject(new Error('nobody asks'));
    const found = await estimateNamed(key).of({ data: clicks, test: question, train, values, weights, propensity });
    return found?.metrics['hit@10'] as number;
  };
  const standard = await estimate('standard');
  /** Whether every pair would be a hit among the user's unknown items. */
  const hit = Array.from({ length: 1500 }, (_, user) => {
    const own = new Set(known.items.subarray(known.starts[user], known.starts[user + 1]));
    const others = Array.from(counts, (count, item) => ({ count, item })).filter(({ item }) => !own.has(item));
    return Array.from(counts, (score, item) => {
      const greater = others.filter((other) => other.item !== item && other.count > score).length;
      const equal = others.filter((other) => other.item !== item && other.count === score).length;
      return valueAtRank(metric, greater, equal);
    });
  });
  for (const weight of ['1/exposure', 'relevance/exposure'] as const) {
    const estimated = await estimate(`unbiased:${weight}`);
    let [hits, total] = [0, 0];
    for (let user = 0; user < 1500; user++) {
      const relevance = world.relevanceRow(user);
      for (let item = 0; item < 200; item++) {
        const worth = weight === '1/exposure' ? (relevance[item] as number) : (relevance[item] as number) ** 2;
        hits += worth * (hit[user]?.[item] as number);
        total += worth;
      }
    }
    const truth = hits / total;
    expect(Math.abs(estimated - truth)).toBeLessThan(0.5 * Math.abs(standard - truth));
  }
});
