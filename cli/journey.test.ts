import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answered, SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
const FAST = ['--data', 'sim', '--epochs', '2', '--dim', '8'];

describe('the way from ratings to a table', () => {
  let prepared: Answered;
  let simulated: Answered;
  beforeAll(async () => {
    const ratings = Array.from(
      { length: 1500 },
      (_, r) => `${r % 50}\t${(r * 7919) % 61}\t${1 + ((r * 31) % 5)}\t${1000 + r}`,
    );
    writeFileSync(join(folder, 'u.data'), `${ratings.join('\n')}\n`);
    prepared = await run('datasets', 'prepare', 'u.data', '--min-user', '3', '--format', 'parquet', '--out', 'ml');
    const words = ['simulate', '--data', 'ml', '--exposure', 'popularity', '--strength', '0.5', '--dim', '8'];
    simulated = await run(...words, '--out', 'sim', '--json');
  });

  // No result names the machine's folders, so that runs compare from place to place.
  afterEach(() => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /(manifest|world|trial|tables\/.*)\.json$|ndjson$/.test(name)))
      expect(read(file)).not.toContain(folder);
  });

  test('ratings are prepared', () => {
    expect([prepared.code, prepared.err]).toEqual([0, '']);
    expect(prepared.out).toMatch(/split: .* train, 50 validation, 50 test\nwritten to ml/);
  });

  test('as Parquet, too, where that is asked for: what is written stands in the manifest', async () => {
    const tables = ['interactions', 'users', 'items'].flatMap((name) => [`${name}.arrow`, `${name}.parquet`]);
    expect(Object.keys(JSON.parse(read('ml/manifest.json')).files).sort()).toEqual([...tables].sort());
    const words = ['simulate', ...SMALL, '--exposures', '--dim', '8', '--format', 'parquet'];
    const whole = await run(...words, '--out', 'parquet');
    expect([whole.code, whole.err]).toEqual([0, '']);
    const { files } = JSON.parse(read('parquet/manifest.json'));
    expect(readdirSync(join(folder, 'parquet')).filter((name) => name.endsWith('.parquet'))).toEqual([
      ...['clicks.parquet', 'exposures.parquet', 'items.parquet', 'users.parquet'],
    ]);
    const parted = await run(...words, '--parts', '1', '--partitioned', '--out', 'parted');
    expect([parted.code, parted.err]).toEqual([0, '']);
    const parts = JSON.parse(read('parted/manifest.json')).files;
    expect(parts['exposures/part-1.parquet']).toBe(files['exposures.parquet']);
    const inspected = await run('inspect', 'parted', '--json');
    expect([inspected.code, inspected.err]).toEqual([0, '']);
  });

  test('clicks are simulated from them', () => {
    expect([simulated.code, simulated.err]).toEqual([0, '']);
    expect(JSON.parse(simulated.out).second.clicks).toBeGreaterThan(0);
    const files = ['clicks.arrow', 'items.arrow', 'manifest.json', 'users.arrow', 'world.arrow', 'world.json'];
    expect(readdirSync(join(folder, 'sim')).sort()).toEqual(files);
  });

  test('and looked at', async () => {
    const { out } = await run('inspect', 'sim');
    expect(out).toMatch(/Gini of items/);
    expect(read('sim.svg')).toMatch(/^<svg/);
  });

  test('a model is trained on them', async () => {
    const trained = await run('train', '--model', 'gmf', ...FAST, '--out', 'gmf');
    expect([trained.code, trained.err]).toEqual([0, '']);
    expect(trained.out).toMatch(/GMF on .*\n[\s\S]*test, unbiased/);
  });

  test('or tuned, and trained against an exposure model', async () => {
    const words = ['--tune', 'random', '--budget', '2', '--weights', 'normalised'];
    const acl = await run('train', '--model', 'acl:gmf/gmf', ...FAST, ...words, '--out', 'acl', '--json');
    expect([acl.code, acl.err]).toEqual([0, '']);
    const { tried, exposure, estimates } = JSON.parse(acl.out);
    expect([tried.length, exposure.meanG > 0, estimates.expected.metrics['hit@10'] > 0]).toEqual([2, true, true]);
    expect(JSON.parse(read('acl/tuning.json')).tried).toEqual(tried);
  });

  test('methods are compared, and runs', async () => {
    const words = ['sweep', 'quick', ...FAST, '--models', 'Pop', 'MF', '--repetitions', '2'];
    const swept = await run(...words, '--out', 'quick');
    expect([swept.code, swept.err]).toEqual([0, '']);
    expect(swept.out).toMatch(/standard evaluation[\s\S]*Pop[\s\S]*MF[\s\S]*unbiased evaluation/);
    expect(read('quick/tables/quick-standard.csv')).toMatch(
      /^row,metric,n,mean,sd,low,high,published_mean,published_sd,unit\nPop,hit@5,2,.*,share of 1\n/,
    );
    const same = await run('diff', 'quick', 'quick');
    expect([same.code, same.out]).toEqual([0, expect.stringMatching(/: \d+ cells the same\n/)]);
    const other = await run(...words, '--epochs', '3', '--out', 'other');
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/--epochs is given twice/)]);
    const longer = words.map((word, w) => (words[w - 1] === '--epochs' ? '20' : word));
    expect((await run(...longer, '--out', 'other')).code).toBe(0);
    const changed = await run('diff', 'quick', 'other', '--json');
    expect([changed.code, changed.err]).toEqual([1, '']);
    const path = 'rows.MF.settings.settings.epochs';
    expect(JSON.parse(changed.out).settings).toContainEqual({ path, before: 2, after: 20 });
  });

  test('a table, figure or trial of a run that is not as it was written is named, by diff and by report', async () => {
    const { files } = JSON.parse(read('quick/manifest.json'));
    const results = readdirSync(join(folder, 'quick'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(tables|figures)\/.*\.|^trials/.test(name),
    );
    expect(Object.keys(files).sort()).toEqual(results.sort());
    const changing = async (name: string, ...words: string[]): Promise<Answered> => {
      const before = read(name);
      writeFileSync(
        join(folder, name),
        before.replace(/\d(?=\D*$)/, (digit) => String(9 - Number(digit))),
      );
      const answered = await run(...words);
      writeFileSync(join(folder, name), before);
      return answered;
    };
    const refused = (name: string) => [2, expect.stringContaining(`quick/${name}" is not what its manifest says`)];
    const table = 'tables/quick-standard.json';
    const compared = await changing(`quick/${table}`, 'diff', 'quick', 'other');
    expect([compared.code, compared.err]).toEqual(refused(table));
    for (const name of [table, 'trials.ndjson', results.find((one) => /^figures.*svg$/.test(one)) as string]) {
      const told = await changing(`quick/${name}`, 'report', 'quick');
      expect([told.code, told.err]).toEqual(refused(name));
    }
    expect((await run('report', 'quick')).code).toBe(0);
    const drawn = await run('report', 'quick', '--figures', 'paper', '--no-titles', '--figure-width', '85');
    expect([drawn.code, drawn.out]).toEqual([0, expect.stringMatching(/^paper: .*table-quick-standard/)]);
    expect(read('paper/table-quick-standard.pdf').slice(0, 5)).toBe('%PDF-');
    expect(read('paper/table-quick-standard.svg')).not.toMatch(/font-size="13.5"/);
    expect((await run('report', 'quick', '--figures', 'more', '--figure-width', '20')).err).toMatch(/from 60 to 500/);
    const manifest = await changing('quick/manifest.json', 'diff', 'quick', 'quick');
    expect(manifest.err).not.toMatch(/fault/);
  });

  test('models are deployed in the world', async () => {
    const staged = await run('abtest', ...FAST, '--models', 'Pop', 'ACL:MF', '--out', 'ab');
    expect([staged.code, staged.err]).toEqual([0, '']);
    expect(staged.out).toMatch(/offline and online[\s\S]*ACL:MF\/MF [\s\S]*squared error to the click-through rate/);
  });

  test('shards on the command line: one part that is all, joined to what it came from', async () => {
    const drawn = await run('shard', 'sim', '--shard', '1/1', '--out', 'shard');
    expect(drawn.out).toMatch(/shard 1\/1: [\d,]+ clicks on [\d,]+ exp/);
    const joined = await run('shard', 'sim', '--join', 'shard', '--out', 'joined');
    expect([joined.code, joined.err]).toEqual([0, '']);
    expect(read('joined/manifest.json')).toBe(read('sim/manifest.json'));
    expect((await run('shard', 'sim', '--join', 'shard', '--format', 'parquet', '--out', 'joined-parquet')).code).toBe(
      0,
    );
    expect(readdirSync(join(folder, 'joined-parquet')).filter((name) => /^clicks/.test(name))).toEqual([
      'clicks.arrow',
      'clicks.parquet',
    ]);
    const neither = await run('shard', 'sim', '--out', 'neither');
    expect(neither.err).toMatch(/say --shard I\/N to draw a part, or --join FOLDERS/);
    const without = await run('shard', 'sim', '--join', '--out', 'neither');
    expect([without.code, without.err]).toEqual([2, expect.stringMatching(/--join/)]);
    expect(without.err.trim().split('\n').length).toBe(1);
  });

  test('export for other programs', async () => {
    const words = ['datasets', 'export', 'sim', '--format', 'recbole'];
    const made = await run(...words, '--name', 'sim', '--out', 'recbole');
    expect([made.code, made.err]).toEqual([0, '']);
    // RecBole wants files in a folder of their name.
    expect(readdirSync(join(folder, 'recbole', 'sim'))).toEqual(
      expect.arrayContaining(['', '.test', '.train', '.valid'].map((part) => `sim${part}.inter`)),
    );
    const refused = await run('datasets', 'export', 'ml', '--format', 'obp', '--out', 'bandit');
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/"ml" is not simulated/)]);
  });

  test.each([
    '../up',
    'a/b',
    'a\\b',
    '.',
    '..',
    '.hidden',
    '-x',
    'a\nb',
    'a:b',
    'con',
    'nul.x',
    'x '.repeat(2),
    'n'.repeat(300),
  ])('export --name %j is not a plain name of a file', async (name) => {
    const before = readdirSync(folder).sort();
    const refused = await run('datasets', 'export', 'sim', '--format', 'recbole', `--name=${name}`, '--out', 'named');
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/--name/)]);
    expect(refused.err.trim().split('\n').length).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});
