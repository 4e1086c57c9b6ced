import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { testFolder } from '../support/test_folder.js';

const main = join(dirname(fileURLToPath(import.meta.url)), 'main.js');
const folder = testFolder();

/** Runs the program in the test folder, as a user would. */
function run(...options: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, EXPOBENCH_CACHE: join(folder, 'cache') };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...options], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

const SMALL = ['--users', '200', '--items', '120', '--ratings-per-user', '25'];

describe('the way from ratings to a table', () => {
  test('prepare, simulate, inspect, train, sweep', () => {
    const ratings = Array.from(
      { length: 3000 },
      (_, r) => `${r % 100}\t${(r * 7919) % 113}\t${1 + ((r * 31) % 5)}\t${1000 + r}`,
    );
    writeFileSync(join(folder, 'u.data'), `${ratings.join('\n')}\n`);
    const prepared = run('datasets', 'prepare', 'u.data', '--min-user', '3', '--out', 'ml');
    expect([prepared.code, prepared.err]).toEqual([0, '']);
    expect(prepared.out).toMatch(/split: .* train, 100 validation, 100 test\nwritten to ml/);

    const simulated = run(
      'simulate',
      '--data',
      'ml',
      '--exposure',
      'popularity',
      '--strength',
      '0.5',
      '--dim',
      '8',
      '--out',
      'sim',
      '--json',
    );
    expect([simulated.code, simulated.err]).toEqual([0, '']);
    expect(JSON.parse(simulated.out).second.clicks).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'sim')).sort()).toEqual([
      'clicks.arrow',
      'items.arrow',
      'manifest.json',
      'users.arrow',
      'world.arrow',
      'world.json',
    ]);

    const inspected = run('inspect', 'sim');
    expect(inspected.out).toMatch(/Gini of items/);
    expect(readFileSync(join(folder, 'sim.svg'), 'utf8')).toMatch(/^<svg/);

    const trained = run('train', '--model', 'gmf', '--data', 'sim', '--epochs', '3', '--dim', '8', '--out', 'gmf');
    expect([trained.code, trained.err]).toEqual([0, '']);
    expect(trained.out).toMatch(/GMF on .*\n[\s\S]*test, unbiased/);

    const swept = run(
      'sweep',
      'quick',
      '--data',
      'sim',
      '--models',
      'Pop',
      'MF',
      '--repetitions',
      '2',
      '--epochs',
      '3',
      '--dim',
      '8',
      '--out',
      'quick',
    );
    expect([swept.code, swept.err]).toEqual([0, '']);
    expect(swept.out).toMatch(/standard evaluation[\s\S]*Pop[\s\S]*MF[\s\S]*unbiased evaluation/);
    expect(readFileSync(join(folder, 'quick', 'tables', 'quick-standard.csv'), 'utf8')).toMatch(
      /^row,metric,n,mean,sd,low,high,published_mean,published_sd\nPop,hit@5,2,/,
    );

    const acl = run(
      ...[
        'train',
        '--model',
        'acl:gmf/gmf',
        '--data',
        'sim',
        '--tune',
        'random',
        '--budget',
        '2',
        '--weights',
        'normalised',
      ],
      ...['--epochs', '2', '--dim', '8', '--out', 'acl', '--json'],
    );
    expect([acl.code, acl.err]).toEqual([0, '']);
    const { tried, exposure, oracle } = JSON.parse(acl.out);
    expect([tried.length, exposure.meanG > 0, oracle['hit@10'] > 0]).toEqual([2, true, true]);
    expect(JSON.parse(readFileSync(join(folder, 'acl', 'tuning.json'), 'utf8')).tried).toEqual(tried);

    const staged = run(
      ...['abtest', '--data', 'sim', '--models', 'Pop', 'ACL:MF', '--epochs', '2', '--dim', '8', '--out', 'ab'],
    );
    expect([staged.code, staged.err]).toEqual([0, '']);
    expect(staged.out).toMatch(/offline and online[\s\S]*ACL MF\/MF [\s\S]*squared error to the click-through rate/);

    const same = run('diff', 'quick', 'quick');
    expect([same.code, same.out]).toEqual([0, expect.stringMatching(/: 24 cells the same\n/)]);
    const other = run(
      ...[
        'sweep',
        'quick',
        '--data',
        'sim',
        '--models',
        'Pop',
        'MF',
        '--repetitions',
        '2',
        '--epochs',
        '2',
        '--dim',
        '8',
      ],
      ...['--out', 'other'],
    );
    expect(other.code).toBe(0);
    const changed = run('diff', 'quick', 'other', '--json');
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.out).settings).toContainEqual({
      path: 'rows.MF.settings.trainer.epochs',
      before: 3,
      after: 2,
    });

    // No result names the machine's folders, so that runs compare from place to place.
    for (const file of [
      'sim/manifest.json',
      'sim/world.json',
      'ml/manifest.json',
      'quick/manifest.json',
      'quick/trials.ndjson',
      'acl/trial.json',
      'ab/manifest.json',
    ]) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain(folder);
    }
  });

  test('every verb has help with an example', () => {
    for (const verb of [
      ['quickstart'],
      ['datasets', 'prepare'],
      ['datasets', 'fetch'],
      ['datasets', 'info'],
      ['datasets', 'list'],
      ['datasets', 'export'],
      ['simulate'],
      ['shard'],
      ['inspect'],
      ['train'],
      ['sweep'],
      ['init'],
      ['abtest'],
      ['replicate'],
      ['report'],
      ['diff'],
    ]) {
      const { code, out } = run(...verb, '--help');
      expect([verb, code]).toEqual([verb, 0]);
      expect(out).toMatch(/Examples:/);
    }
  });

  test('list and info', () => {
    expect(run('datasets', 'list').out).toMatch(/planted.*embedded/);
    expect(run('datasets', 'info', 'ml-1m').out).toMatch(/6,040 users/);
  });
});

describe('mistakes: one sentence that says what would be right, exit code 2, nothing left behind', () => {
  mkdirSync(join(folder, 'there'));
  writeFileSync(join(folder, 'bad.dat'), '1::2::3::4\n1::2::x::4\n');
  writeFileSync(join(folder, 'short.csv'), 'user,item,rating,time\nann,1,3,1\nann,2,3,2\n');
  writeFileSync(
    join(folder, 'implicit.csv'),
    `user,item,time\n${Array.from({ length: 9 }, (_, r) => `${r % 3},${r},${r}`).join('\n')}\n`,
  );
  writeFileSync(
    join(folder, 'untimed.csv'),
    `user,item,rating\n${Array.from({ length: 12 }, (_, r) => `${r % 3},${r},3`).join('\n')}\n`,
  );
  writeFileSync(join(folder, 'y.train.rating'), '0\t1\t5\t10\n');
  writeFileSync(join(folder, 'nan.js'), 'export default () => NaN;\n');
  const out = ['--out', 'result'];

  test.each<[string[], RegExp]>([
    [[], /Name a verb, e\.g\. expobench quickstart/],
    [['simulat'], /Did you mean simulate\?/],
    [['train', '--modle', 'GMF', '--model', 'GMF', ...out], /Unknown arguments?: modle/],
    [
      ['train', '--model', 'GMFF', ...out],
      /unknown model "GMFF": did you mean GMF\? Known: Pop, CF, MF, GMF, MLP, NCF, Attn, ItemKNN, EASE, iALS, BPR-MF, RelMF, IPS-MF/,
    ],
    [['train', '--model', 'GMF'], /Missing required argument: out/],
    [['train', '--model', 'GMF', '--rate', 'fast', ...out], /--rate must be a number from 1e-8 to 10/],
    [
      ['train', '--model', 'NCF', '--dim', '10', ...SMALL, ...out],
      /NCF splits the dimension into quarters: --dim 10 must be a multiple of 4/,
    ],
    [['train', '--model', 'ACL:GMF', '--alpha', '-1', ...SMALL, ...out], /--alpha must be a number at least 0/],
    [
      ['train', '--model', 'GMF', '--alpha', '1', ...SMALL, ...out],
      /--alpha: only for ACL, and there is none among GMF/,
    ],
    [
      ['train', '--model', 'PS:GMF/oracle', ...SMALL, ...out],
      /the oracle is a simulation's truth, and "planted" has no/,
    ],
    [
      ['train', '--model', 'Attn', '--data', 'untimed.csv', ...out],
      /Attn reads histories in the order of time, and "un/,
    ],
    [
      ['train', '--model', 'Attn', '--set', 'Attn.heads=3', ...SMALL, ...out],
      /Attn: the setting heads, 3, must divide --dim, 32/,
    ],
    [
      ['train', '--model', 'Attn', '--set', 'heads=2', ...out],
      /--set "heads=2" is not understood: write MODEL\.NAME=VALUE/,
    ],
    [
      ['train', '--model', 'ACL:GMF/EASE', ...out],
      /the exposure model must be one of Pop, oracle, .*EASE gives no prob/,
    ],
    [
      ['train', '--model', 'ACL:GMF', '--beta', 'fitted', '--outcome', 'y', ...out],
      /--beta fitted fits G to the feedback, .*use --outcome none/,
    ],
    [
      ['train', '--model', 'ACL:GMF', '--regularizer', 'exposure', ...SMALL, ...out],
      /needs pairs known to be exposed, and "planted" has none: simulate with --exposures/,
    ],
    [
      ['train', '--model', 'GMF', '--rate', '10', '--batch', '64', '--patience', '100', ...SMALL, ...out],
      /the loss has grown to .* in epoch \d+: lower the learning rate/,
    ],
    [
      ['train', '--model', 'GMF', '--set', 'Attn.heads=2', ...SMALL, ...out],
      /--set Attn\.heads: Attn is not among GMF/,
    ],
    [
      ['train', '--model', 'PS:GMF/Pop', '--rate-g', '0.1', ...SMALL, ...out],
      /--rate-g: only for a trained exposure model/,
    ],
    [
      ['sweep', 'quick', '--models', 'GMF', 'PS:GMF/Pop', '--discount-g', '2', ...SMALL, ...out],
      /--discount-g: only for ACL, and there is none among GMF, PS GMF\/Pop/,
    ],
    [['train', '--model', 'GMF', '--tune-dims', '32,64', ...SMALL, ...out], /--tune-dims goes with --tune/],
    [
      ['train', '--model', 'GMF', '--tune', 'random', '--tune-dims', '32;64', ...out],
      /--tune-dims "32;64" is not under/,
    ],
    [['train', '--model', 'GMF', '--propensity-model', 'EASE', ...out], /--propensity-model EASE gives no probability/],
    [['train', '--model', 'EASE', '--set', 'EASE.penalty=0', ...SMALL, ...out], /model "EASE", setting "penalty"/],
    [['abtest', '--data', 'short.csv', ...out], /the filters leave no interaction/],
    [['datasets', 'prepare', 'implicit.csv', '--positive', '4', ...out], /--positive 4 needs ratings, and "implicit/],
    [['diff', 'nothing', 'there'], /"nothing" is neither a folder, a file nor a git revision here/],
    [['diff', 'there', 'there'], /"there" holds no tables: name a run folder, a table file or a git revision/],
    [
      ['datasets', 'prepare', 'implicit.csv', '--positive', 'many', ...out],
      /--positive must be a number from -1000000000 to 1000000000/,
    ],
    [
      ['datasets', 'prepare', 'y.train.rating', '--split', 'random', ...out],
      /comes with its own split and candidates: leave/,
    ],
    [['datasets', 'prepare', 'y.train.rating', ...out], /y\.test\.rating" does not exist: NCF's format/],
    [['train', '--model', 'GMF', '--dim', '2.5', ...out], /--dim must be a whole number from 1 to 1024/],
    [['train', '--model', 'GMF', '--data', 'nothing', ...out], /unknown data set "nothing"/],
    [['train', '--model', 'GMF', '--data', 'there', ...out], /has no manifest\.json/],
    [['train', '--model', 'GMF', '--out', 'there'], /--out "there" exists: name another folder, or add --overwrite/],
    [['sweep', 'nothing.yaml', ...out], /"nothing\.yaml" does not exist: "expobench init" writes an example/],
    [['sweep', 'quick', ...SMALL], /Missing required argument: out/],
    [
      ['sweep', 'table2', ...out],
      /runs on ml-1m, lastfm, goodreads, and none is at hand: run "expobench datasets fetch/,
    ],
    [['sweep', 'quick', '--only', 'ALC*', ...SMALL, ...out], /--only ALC\* matches none of the methods: Pop, CF/],
    [['sweep', 'table3', '--data', 'planted=x', ...out], /--data: unknown data set of "table3" "planted"/],
    [['sweep', 'quick', '--retry-failed', ...SMALL, ...out], /--retry-failed: there is no run "result"/],
    [['sweep', 'quik', ...out], /unknown suite "quik": did you mean quick\?/],
    [['sweep', 'quick', '--repetitions', '0', ...out], /--repetitions must be a whole number from 1 to 1000/],
    [['datasets', 'prepare', 'nothing.csv', ...out], /"nothing\.csv" does not exist/],
    [['datasets', 'prepare', 'bad.dat', ...out], /"bad\.dat", line 2: expected a number as rating, found "x"/],
    [['datasets', 'prepare', 'short.csv', ...out], /user "ann" has 2 interaction\(s\), and leave-last-two needs three/],
    [['datasets', 'prepare', 'short.csv', '--min-user', '5', ...out], /the filters leave no interaction/],
    [['datasets', 'prepare', 'ml-1m', ...out], /ml-1m is not in the cache: run "expobench datasets fetch ml-1m"/],
    [['datasets', 'info', 'ml-2m'], /unknown data set "ml-2m": did you mean ml-1m or /],
    [['datasets', 'fetch', 'planted'], /"planted" needs no fetching/],
    [
      ['simulate', '--exposure', 'populrity', ...out],
      /--exposure: unknown exposure function "populrity": did you mean popularity\?/,
    ],
    [['simulate', '--exposure', './none.ts', ...out], /--exposure "\.\/none\.ts" does not exist/],
    [
      ['simulate', '--exposure', 'bubble', '--set', 'cluster=4', ...out],
      /unknown setting of "bubble" "cluster": did you mean clusters\?/,
    ],
    [
      ['simulate', '--exposure', 'policy', '--set', 'exploration=2', ...out],
      /exposure function "policy", setting "exploration"/,
    ],
    [['simulate', '--eps1', 'gauss:3', ...out], /--eps1 "gauss:3" is not understood/],
    [
      ['simulate', '--exposures-per-user', '5000', ...SMALL, ...out],
      /--exposures-per-user 5000 is not below the number of items, 120/,
    ],
    [['simulate', '--exposure', 'nan.js', ...SMALL, ...out], /returned NaN for user 0, item 0/],
    [
      ['simulate', '--data', 'implicit.csv', ...out],
      /has no ratings: the simulator learns relevance from explicit feedback/,
    ],
    [['inspect', 'there'], /has no manifest\.json/],
    [['inspect', 'nowhere'], /"nowhere" does not exist: expected a folder made by expobench/],
  ])('expobench %p', (options, message) => {
    const { code, out: printed, err } = run(...options);
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBe(1);
    expect(err).not.toMatch(/\n\s+at /);
    expect([code, printed]).toEqual([2, '']);
    expect(existsSync(join(folder, 'result')) || existsSync(join(folder, 'result.partial'))).toBe(false);
  });

  test('--verbose shows where it happened', () => {
    expect(run('train', '--model', 'GMFF', '--verbose', ...out).err).toMatch(/at .*registry/);
  });

  test('a fetch that fails says how to use a copy got by other means', () => {
    const environment = { ...process.env, EXPOBENCH_CACHE: join(folder, 'cache'), http_proxy: '', https_proxy: '' };
    const script = `globalThis.fetch = async () => { throw new TypeError('fetch failed', { cause: new Error('no network') }); };`;
    writeFileSync(join(folder, 'offline.mjs'), script);
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', join(folder, 'offline.mjs'), main, 'datasets', 'fetch', 'ml-100k'],
      { encoding: 'utf8', env: environment },
    );
    expect(stderr).toMatch(
      /cannot fetch ml-100k from https:.*: no network\. If you have a copy.*datasets prepare path\/to\/u\.data/,
    );
    expect(status).toBe(2);
  });
});

describe('suites', () => {
  test('init, then a dry run that writes nothing, then figures', () => {
    const made = run('init', 'mine.yaml');
    expect([made.code, made.err]).toEqual([0, '']);
    expect(
      JSON.parse(readFileSync(join(folder, 'expobench-suite.schema.json'), 'utf8')).properties.methods,
    ).toBeDefined();
    expect(run('init', 'mine.yaml').err).toMatch(/"mine\.yaml" exists/);
    const small = [...SMALL, '--epochs', '2', '--dim', '8', '--bootstrap', '0'];
    const listed = run('sweep', 'mine.yaml', ...small, '--dry-run', '--json');
    expect([listed.code, listed.err]).toEqual([0, '']);
    const { rows, seconds } = JSON.parse(listed.out);
    expect(rows.map(({ row, trials }: { row: string; trials: number }) => [row, trials])).toEqual(
      ['GMF', 'PS GMF/Pop', 'PS GMF/oracle', 'ACL, alpha 0.1', 'ACL, alpha 1'].map((row) => [row, 3]),
    );
    expect(seconds).toBeGreaterThan(0);
    const swept = run('sweep', 'mine.yaml', ...small, '--repetitions', '2', '--out', 'own');
    expect([swept.code, swept.err]).toEqual([0, '']);
    expect(swept.out).toMatch(/popular: standard evaluation[\s\S]*popular: oracle/);
    expect(readdirSync(join(folder, 'own', 'figures')).sort()).toEqual(['data', 'mine.json', 'mine.png', 'mine.svg']);
    expect(readdirSync(join(folder, 'own')).sort()).toEqual([
      'data',
      'environment.json',
      'figures',
      'manifest.json',
      'report.html',
      'tables',
      'trials.ndjson',
    ]);
    expect(run('diff', 'own', 'own').code).toBe(0);
    const other = run('sweep', 'quick', ...small, '--retry-failed', '--out', 'own');
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/is a run of the suite "mine", not of "quick"/)]);
  });
});

describe('replicate', () => {
  const small = [...SMALL, '--epochs', '2', '--batch', '512'];

  test('runs what claims rest on, and tells what holds; the number of workers changes nothing', () => {
    const words = ['replicate', '--claims', 'feedback-in-g-helps', 'alpha-in-between', '--data', 'planted', ...small];
    const first = run(...words, '--repetitions', '2', '--out', 'claims', '--json');
    expect([first.code, first.err]).toEqual([0, '']);
    expect(JSON.parse(first.out).map(({ name }: { name: string }) => name)).toEqual([
      'feedback-in-g-helps',
      'alpha-in-between',
    ]);
    const files = ['claims.html', 'claims.json', 'claims.md', 'figureA2', 'figureA4'];
    expect(readdirSync(join(folder, 'claims')).sort()).toEqual(files);
    expect(readFileSync(join(folder, 'claims', 'claims.html'), 'utf8')).toMatch(/href="figureA4\/report\.html"/);
    const { claims } = JSON.parse(readFileSync(join(folder, 'claims', 'claims.json'), 'utf8'));
    const again = run(...words, '--repetitions', '2', '--out', 'claims');
    expect([again.code, again.err]).toEqual([2, expect.stringMatching(/"claims" exists: name another folder/)]);
    const replaced = run(...words, '--repetitions', '2', '--out', 'claims', '--overwrite', '--workers', '1');
    expect(replaced.out).toMatch(/alpha-in-between +│ (holds|does not hold|not decided)/);
    expect(JSON.parse(readFileSync(join(folder, 'claims', 'claims.json'), 'utf8')).claims).toEqual(claims);
  });

  test.each([
    [['--claims', 'alpha'], /there is no claim "alpha": they are acl-above-baseline/],
    [['--dim', '8'], /replicate varies --dim itself/],
    [['--repetitions', '1'], /--repetitions must be a whole number from 2 to 1000/],
    [['--data', 'nowhere'], /"nowhere"/],
    [['--data', 'bad.dat'], /bad\.dat/],
  ])('%j is refused', (words, message) => {
    const { code, err } = run('replicate', '--out', 'refused', '--data', 'planted', ...small, ...words);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
    expect(readdirSync(folder).filter((name) => name.startsWith('refused'))).toEqual([]);
  });
});

test('shards on the command line: one part that is all, joined to what it came from', () => {
  expect(run('shard', 'sim', '--shard', '1/1', '--out', 'shard').out).toMatch(
    /shard 1\/1: [\d,]+ clicks on [\d,]+ exp/,
  );
  const joined = run('shard', 'sim', '--join', 'shard', '--out', 'joined');
  expect([joined.code, joined.err]).toEqual([0, '']);
  const manifest = (name: string): string => readFileSync(join(folder, name, 'manifest.json'), 'utf8');
  expect(manifest('joined')).toBe(manifest('sim'));
  expect(run('shard', 'sim', '--out', 'neither').err).toMatch(/say --shard I\/N to draw a part, or --join FOLDERS/);
});

test('export for other programs', () => {
  const made = run('datasets', 'export', 'sim', '--format', 'recbole', '--name', 'sim', '--out', 'recbole');
  expect([made.code, made.err]).toEqual([0, '']);
  // RecBole wants files in a folder of their name.
  expect(readdirSync(join(folder, 'recbole', 'sim'))).toEqual(
    expect.arrayContaining(['', '.test', '.train', '.valid'].map((part) => `sim${part}.inter`)),
  );
  const refused = run('datasets', 'export', 'ml', '--format', 'obp', '--out', 'bandit');
  expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/"ml" is not simulated/)]);
});

test('report makes the page of a run again, also elsewhere', () => {
  const made = run('report', 'own', '--out', 'elsewhere/own.html');
  expect([made.code, made.err, made.out]).toEqual([0, '', 'elsewhere/own.html\n']);
  const page = (path: string): string => readFileSync(join(folder, path), 'utf8');
  expect(page('elsewhere/own.html')).toBe(page('own/report.html'));
  expect(run('report', 'sim').err).toMatch(/manifest\.json", kind: .*run it again/);
});

describe('Ctrl-C half-way', () => {
  /** What the program under way has said on stderr. */
  let err = '';

  /** Starts the program, interrupts it as soon as `ready` holds, and waits for its end. */
  async function interrupt(
    options: string[],
    ready: () => boolean,
    signal: NodeJS.Signals = 'SIGINT',
    before: readonly string[] = [],
  ): Promise<{ code: number | null; err: string }> {
    const child = spawn(process.execPath, [...before, main, ...options], { cwd: folder });
    err = '';
    child.stderr.on('data', (chunk) => (err += chunk));
    // As shells tell it: 128 and the number of the signal.
    const ended = new Promise<number | null>((resolve) =>
      child.on('exit', (code, by) => resolve(by === 'SIGINT' ? 130 : code)),
    );
    while (!ready() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    return { code: await ended, err };
  }

  test('a simulation leaves nothing, and exits with 130', async () => {
    const { code } = await interrupt(['simulate', '--out', 'stopped'], () =>
      existsSync(join(folder, 'stopped.partial')),
    );
    expect(code).toBe(130);
    expect(err).toMatch(/stopped; nothing half-written was kept/);
    expect(existsSync(join(folder, 'stopped')) || existsSync(join(folder, 'stopped.partial'))).toBe(false);
  });

  test('on a terminal the bar goes, and the program ends', async () => {
    writeFileSync(join(folder, 'terminal.mjs'), 'process.stderr.isTTY = true;');
    const options = ['sweep', 'quick', ...SMALL, '--epochs', '200', '--patience', '200', '--workers', '1'];
    const { code } = await interrupt([...options, '--out', 'barred'], () => err.includes('1 running'), 'SIGINT', [
      '--import',
      join(folder, 'terminal.mjs'),
    ]);
    expect(code).toBe(130);
    expect(err).toMatch(/stopped; what was finished is kept/);
  });

  test('a replication goes on in the suite that it was killed in', async () => {
    const words = ['replicate', '--claims', 'feedback-in-g-helps', 'alpha-in-between', '--data', 'planted', ...SMALL];
    const options = [...words, '--epochs', '2', '--batch', '512', '--repetitions', '2', '--out', 'killed'];
    const journal = join(folder, 'killed.partial', 'figureA4.partial', 'trials.ndjson');
    const isInSecond = (): boolean => existsSync(journal) && readFileSync(journal, 'utf8').includes('\n');
    await interrupt(options, isInSecond, 'SIGKILL');
    expect(existsSync(join(folder, 'killed.partial', 'figureA2', 'manifest.json'))).toBe(true);
    expect(run(...options).code).toBe(0);
    expect(readdirSync(join(folder, 'killed')).sort()).toEqual(readdirSync(join(folder, 'claims')).sort());
    const claimsOf = (name: string) => JSON.parse(readFileSync(join(folder, name, 'claims.json'), 'utf8')).claims;
    expect(claimsOf('killed')).toEqual(claimsOf('claims'));
  });

  test('a sweep keeps its finished trials and goes on when started again', async () => {
    const options = [
      'sweep',
      'quick',
      ...SMALL,
      '--repetitions',
      '3',
      '--epochs',
      '4',
      '--workers',
      '1',
      '--out',
      'swept',
    ];
    const journal = join(folder, 'swept.partial', 'trials.ndjson');
    const { code } = await interrupt(
      options,
      () => existsSync(journal) && readFileSync(journal, 'utf8').includes('\n'),
    );
    expect(code).toBe(130);
    expect(err).toMatch(/the trials that are running end first; .*\n.*the same command goes on from there/);
    const count = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;
    const kept = count(journal);
    expect(kept).toBeGreaterThan(0);
    // Again, killed without any warning.
    await interrupt(options, () => existsSync(journal) && count(journal) > kept, 'SIGKILL');
    expect(count(journal)).toBeGreaterThan(kept);
    expect(run(...options).code).toBe(0);
    const whole = run(...options.slice(0, -1), 'uninterrupted');
    expect(whole.code).toBe(0);
    for (const file of ['trials.ndjson', 'tables/quick-standard.json', 'manifest.json']) {
      expect(readFileSync(join(folder, 'swept', file))).toEqual(readFileSync(join(folder, 'uninterrupted', file)));
    }
  });
});
