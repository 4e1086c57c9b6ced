import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SMALL, testProgram } from './test_program.js';

const { folder, run } = testProgram();

describe('mistakes: one sentence that says what would be right, exit code 2, nothing left behind', () => {
  mkdirSync(join(folder, 'there'));
  mkdirSync(join(folder, 'prepared'));
  writeFileSync(join(folder, 'prepared/manifest.json'), '{"kind":"prepared"}\n');
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
  const suite = 'name: own\ndata: [planted]\n';
  writeFileSync(join(folder, 'wide.yaml'), `${suite}methods: [{ method: GMF, dimFactor: 1000000000 }]\n`);
  const ten = JSON.stringify(Array.from({ length: 10 }, (_, k) => k + 1));
  const axes = ['dim', 'batch', 'negatives', 'epochs', 'patience', 'candidates', 'bootstrap', 'l2', 'alpha'];
  const varied = axes.map((name) => `  ${name}: ${ten}`).join('\n');
  writeFileSync(join(folder, 'many.yaml'), `${suite}methods: ['ACL:GMF']\nvary:\n${varied}\n`);
  writeFileSync(join(folder, 'dear.yaml'), `${suite}methods: [GMF]\ntune: { strategy: random, budget: 1000000000 }\n`);
  const out = ['--out', 'result'];

  test.each<[string[], RegExp]>([
    [[], /Name a verb, e\.g\. expobench quickstart \(see/],
    [['simulat'], /Did you mean simulate\?/],
    [['train', '--modle', 'GMF', '--model', 'GMF', ...out], /unknown argument: modle: did you mean .*--model/],
    [['train', '--modle', 'GMF', ...out], /unknown argument: modle: did you mean .*--model/],
    [['train', '--model', 'Attn', '--heads', '2', ...out], /did you mean .*--set Attn\.heads=\.\.\.\?/],
    [
      ['simulate', '--exposure', 'bubble', '--clusters', '5', ...out],
      /unknown argument: clusters: did you mean --set clusters=\.\.\., a setting of --exposure bubble\?/,
    ],
    [['report', 'prepared'], /"prepared" is prepared data: .*; wanted is a run/],
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
      /needs pairs known to be exposed, and "planted" does not say what was shown: simulate with --exposures/,
    ],
    [
      ['train', '--model', 'GMF', '--rate', '10', '--batch', '64', '--patience', '100', ...SMALL, ...out],
      /GMF: the loss has grown to .* in epoch \d+: lower --rate/,
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
      /--discount-g: only for ACL, and there is none among GMF, PS:GMF\/Pop/,
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
    [
      ['diff', 'prepared', 'there'],
      /"prepared" is prepared data: .*; wanted is a run folder, a table file or a git revision/,
    ],
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
    [
      ['train', '--model', 'GMF', ...SMALL, '--out', 'there'],
      /--out "there" exists: name another folder, or add --overwrite/,
    ],
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
      /--exposures-per-user 5000 is not below the number of items, 50/,
    ],
    [['simulate', '--exposure', 'nan.js', ...SMALL, ...out], /returned NaN for user 0, item 0/],
    [
      ['simulate', '--data', 'implicit.csv', ...out],
      /has no ratings: the simulator learns relevance from explicit feedback/,
    ],
    // What was taken without a word.
    [['train', '--model', 'GMF', '--data', ...out], /--data needs a value/],
    [['train', '--model', 'GMF', '--data=', ...out], /--data has an empty value/],
    [['train', '--model', 'GMF', '--seed', '', ...out], /--seed has an empty value/],
    [['train', '--model', 'GMF', '--rate', ' ', ...out], /--rate has an empty value/],
    [['train', '--model', 'GMF', '--seed', '1', '--seed', '2', ...out], /--seed is given twice: give it once/],
    [['train', '--model', 'GMF', '--tune', 'random', '--tune', 'halving', ...out], /--tune is given twice/],
    [['train', '--model', 'GMF', '--tune', 'rndom', ...out], /--tune "rndom": did you mean random\?/],
    [['train', '--model', 'GMF', '--budget', '5', ...SMALL, ...out], /--budget goes with --tune/],
    [['train', '--model', 'GMF', '--tune', 'random', '--budget', '1e9', ...out], /--budget .* from 1 to 10000/],
    [['train', '--model', 'GMF', '--tune', 'random', '--tune-dims', '8,', ...out], /--tune-dims "8," is not/],
    [['train', '--model', 'PS:GMF', ...SMALL, ...out], /"PS:GMF": write PS:f\/g .*, e\.g\. PS:GMF\/Pop/],
    [['train', '--model', 'PS:GMF/Pop/MF', ...SMALL, ...out], /"PS:GMF\/Pop\/MF": write PS:f\/g/],
    [['train', '--model', 'GMF', '--candidates', '50', ...SMALL, ...out], /--candidates 50 is not below .*, 50/],
    [
      ['sweep', 'quick', '--cutoffs', '5,900', ...SMALL, ...out],
      /--cutoffs 5,900: a list of 900 is longer than all 50 items/,
    ],
    [['sweep', 'quick', '--candidates', '900', ...SMALL, ...out], /--candidates 900 is not below .*, 50/],
    [['train', '--model', 'Attn', '--set', 'Attn.heads= ', ...SMALL, ...out], /--set "Attn\.heads= " is not/],
    [['train', '--model', 'Attn', '--set', 'Attn.__proto__=1', ...SMALL, ...out], /"Attn" "__proto__"/],
    [['train', '--model', 'Attn', '--set', 'Attn.heads=1', 'Attn.heads=2', ...out], /Attn\.heads is given twice/],
    [['train', '--model', 'ItemKNN', '--set', 'ItemKNN.neighbours=1e9', ...SMALL, ...out], /at most 100,000/],
    [
      ['train', '--model', 'GMF', '--users', '1e6', '--items', '1e6', '--ratings-per-user', '1e5', ...out],
      /planted ratings/,
    ],
    [['simulate', '--exposure', 'bubble', '--set', '__proto__=1', ...out], /--set "__proto__=1"/],
    [['simulate', '--exposure', 'bubble', '--set', 'constructor=1', ...out], /setting of "bubble" "constructor"/],
    [['simulate', '--exposure', 'bubble', '--set', 'clusters=1e9', ...out], /must be at most 1,000/],
    [
      ['simulate', '--exposure', 'popularity', '--strength', '1', '--set', 'strength=2', ...out],
      /--strength and --set strength=\.\.\. say the same/,
    ],
    [['simulate', '--exposure', 'popularity', '--set', 'strength=1', 'strength=2', ...out], /--set strength is given/],
    [['simulate', '--exposure', 'popularity', '--strength', 'much', ...out], /--strength must be a number/],
    [['simulate', '--eps1', 'normal:4,', ...out], /--eps1 "normal:4," is not understood/],
    [['simulate', '--eps1', 'normal:', ...out], /--eps1 "normal:" is not understood/],
    [['simulate', '--preset', 'saito', '--eps1', 'constant:1', ...SMALL, ...out], /--preset saito sets --eps1 itself/],
    [['simulate', '--parts', '6', ...SMALL, '--dim', '4', ...out], /^expobench: 6 parts are too many/],
    ...['__proto__', 'constructor', 'toString(1)', 'x.constructor', 'dot + __proto__'].map(
      (formula): [string[], RegExp] => [
        ['simulate', '--exposure', 'expression', '--formula', formula, ...SMALL, '--dim', '4', ...out],
        /the formula ".*": (unknown|only)/,
      ],
    ),
    [['datasets', 'prepare', 'short.csv', '--rating-range', ',5', ...out], /--rating-range ",5" is not understood/],
    [
      ['datasets', 'prepare', 'short.csv', '--preset', 'paper', '--min-item', '3', ...out],
      /--preset paper sets --min-i/,
    ],
    [['datasets', 'prepare', 'short.csv', '--preset', 'paper', '--rule', 'once', ...out], /--preset paper sets --rule/],
    [['init', 'suite.docx'], /"suite\.docx" is no name of a suite's file: it must end in \.yaml/],
    [['sweep', 'wide.yaml', ...SMALL, ...out], /dimFactor 1000000000 of GMF: 32,000,000,000 width are too many/],
    [['sweep', 'many.yaml', ...SMALL, ...out], /rows of a suite are too many, 10,000 are the most/],
    [['sweep', 'dear.yaml', ...SMALL, ...out], /budget: must be at most 10,000/],
    [['shard', 'there', '--join', ...out], /--join needs a value/],
    [['shard', 'there', '--shard', '1/1e9', ...out], /--shard "1\/1e9" is not understood/],
    // Places that cannot be written to.
    [
      ['train', '--model', 'Pop', ...SMALL, '--out', 'bad.dat/below'],
      /below something that is not a folder|in the way/,
    ],
    [['train', '--model', 'Pop', ...SMALL, '--out', 'n'.repeat(300)], /too long a name/],
    [['train', '--model', 'Pop', ...SMALL, '--out', `${'n/'.repeat(3000)}n`], /too long a name/],
    [['inspect', 'there'], /has no manifest\.json/],
    [['inspect', 'nowhere'], /"nowhere" does not exist: expected a folder made by expobench/],
  ])('expobench %p', async (options, message) => {
    const { code, out: printed, err } = await run(...options);
    expect(err).toMatch(message);
    expect(err.trim().split('\n').length).toBe(1);
    expect(err).not.toMatch(/\n\s+at /);
    expect([code, printed]).toEqual([2, '']);
    expect(existsSync(join(folder, 'result')) || existsSync(join(folder, 'result.partial'))).toBe(false);
  });

  // Of a test of its own: it would be the name of the test above.
  test('a message of a hundred kilobytes is cut', async () => {
    const formula = `${'('.repeat(5e4)}1${')'.repeat(5e4)}`;
    const { code, err } = await run('simulate', '--exposure', 'expression', '--formula', formula, ...SMALL, ...out);
    expect(err).toMatch(/characters left out.*it has more than 2,000 characters/);
    expect(err.length).toBeLessThan(2200);
    expect(code).toBe(2);
  });

  test('--verbose shows where it happened', async () => {
    expect((await run('train', '--model', 'GMFF', '--verbose', ...out)).err).toMatch(/at .*registry/);
  });

  test('a fetch that fails says how to use a copy got by other means', async () => {
    const { fetch } = globalThis;
    globalThis.fetch = async () => {
      throw new TypeError('fetch failed', { cause: new Error('no network') });
    };
    try {
      const { code, err } = await run('datasets', 'fetch', 'ml-100k');
      expect(err).toMatch(
        /cannot fetch ml-100k from https:.*: no network\. If you have a copy.*datasets prepare path\/to\/u\.data/,
      );
      expect(code).toBe(2);
    } finally {
      globalThis.fetch = fetch;
    }
  });
});
