import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { SMALL, testProgram } from './test_program.js';

/** What only a process of its own has: signals, exit codes, streams, limits. */
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.js');
const { folder, run } = testProgram();

/** Runs a line of shell in the test folder; $E is the program. */
function shell(line: string): SpawnSyncReturns<string> {
  const env = { ...process.env, E: main, NODE: process.execPath };
  return spawnSync('bash', ['-c', line.replaceAll('$E ', '"$NODE" "$E" ')], { cwd: folder, encoding: 'utf8', env });
}

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('exit codes and streams', () => {
  test('0 for a result, 2 for a mistake, 1 where something changed', () => {
    expect(shell('$E --version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const mistake = shell('$E train --model GMFF --out x');
    expect(mistake).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^expobench: unknown model.*\n$/),
    });
  });

  test('a reader of a pipe that has seen enough ends it quietly', () => {
    expect(shell('set -o pipefail; $E datasets list --json | head -c 10')).toMatchObject({ status: 0, stderr: '' });
  });

  onLinux('a full disk behind standard output is said, with exit code 2', () => {
    const { status, stderr } = shell('$E datasets list > /dev/full');
    expect(stderr).toMatch(/^expobench: the result cannot be written to standard output: the disk is full.*\n$/);
    expect(status).toBe(2);
    // Where nobody can be told, the exit code still tells.
    expect(shell('$E train --model GMFF --out x 2> /dev/full').status).toBe(2);
  });

  onLinux('a limit on the size of files is said, and nothing half-written stays', () => {
    const { status, stderr } = shell(`ulimit -f 1; $E datasets prepare planted ${SMALL.join(' ')} --out limited`);
    expect(stderr).toMatch(/^expobench: .*the greatest size that is allowed here.*ulimit -f.*\n$/);
    expect(status).toBe(2);
    expect(readdirSync(folder).filter((name) => name.startsWith('limited'))).toEqual([]);
  });

  onLinux('a place that takes no folders is said', () => {
    for (const out of ['/proc/x', '/proc/x/y', '/dev/null/x']) {
      const { status, stderr } = shell(`$E train --model Pop ${SMALL.join(' ')} --out ${out}`);
      expect(stderr).toMatch(
        /^expobench: .*(takes nothing new|below something that is not a folder|in the way|no permission).*\n$/,
      );
      expect(status).toBe(2);
    }
  });

  const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0 ? test : test.skip;
  canMount('a read-only disk is said, by the option and the place', () => {
    mkdirSync(join(folder, 'disk'));
    const onDisk = (line: string) =>
      shell(`unshare -rm bash -c 'mount -t tmpfs -o ro tmpfs disk && exec "$NODE" "$E" ${line}'`);
    const train = `train --model Pop ${SMALL.join(' ')}`;
    for (const place of ['disk/x', 'disk/x/y']) {
      const { status, stderr } = onDisk(`${train} --out ${place}`);
      expect(stderr).toMatch(
        /^expobench: --out "disk\/x(\/y)?": ".*\/disk(\/x)?" is on a read-only disk.*another place\n$/,
      );
      expect(status).toBe(2);
    }
    for (const place of ['disk', 'disk/x']) {
      const { status, stderr } = onDisk(`sweep quick ${SMALL.join(' ')} --models Pop --cache ${place} --out cached`);
      expect(stderr).toMatch(
        /expobench: --cache "disk(\/x)?": ".*disk(\/x)?" is on a read-only disk.*another place\n$/,
      );
      expect(status).toBe(2);
    }
  });

  onLinux('too little memory for WebAssembly is said', () => {
    const { status, stderr } = shell(`ulimit -v 6000000; $E train --model GMF ${SMALL.join(' ')} --out small`);
    expect(stderr).toMatch(/^expobench: too little memory.*ulimit -v.*\n$/);
    expect(status).toBe(2);
  });
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
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    // As shells tell it: 128 and the number of the signal.
    const ended = new Promise<number | null>((resolve) =>
      child.on('exit', (code, by) => resolve(by === null ? code : 128 + (constants.signals[by] ?? 0))),
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

  onLinux.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends a training, which computes without a pause, and leaves nothing', async (signal, expected) => {
    const options = ['train', '--model', 'GMF', ...SMALL, '--epochs', '100000', '--patience', '100000'];
    const partial = join(folder, 'endless.partial');
    const { code } = await interrupt([...options, '--out', 'endless'], () => existsSync(partial), signal);
    expect(code).toBe(expected);
    expect(err).toMatch(/stopped; nothing half-written was kept/);
    expect(existsSync(partial)).toBe(false);
  });

  test('a search for settings goes on with what it had tried', async () => {
    const options = ['train', '--model', 'GMF', ...SMALL, '--epochs', '15', '--tune', 'random'];
    const search = [...options, '--budget', '5', '--workers', '1', '--json', '--out', 'searched'];
    const journal = join(folder, 'searched.partial', '.expobench', 'tuning.ndjson');
    const tried = (): number => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length - 1 : 0);
    await interrupt(search, () => tried() >= 2, 'SIGKILL');
    const kept = readFileSync(journal, 'utf8').trim().split('\n');
    expect(kept.length).toBeGreaterThanOrEqual(2);
    const went = shell(`$E ${search.join(' ')}`);
    expect(went.status).toBe(0);
    const again = shell(`$E ${[...search.slice(0, -1), 'anew'].join(' ')}`);
    expect(JSON.parse(went.stdout)).toEqual(JSON.parse(again.stdout));
  });

  test('an exposure function that never ends for one user is ended, and named', () => {
    writeFileSync(
      join(folder, 'loops.mjs'),
      'export default (x, z, { user, item }) => { while (user === 7 && item === 3); return 0; };\n',
    );
    // Each call is short, and all of them take longer than one may.
    writeFileSync(
      join(folder, 'slow.mjs'),
      'export const block = (x, b, out) => { const begun = Date.now(); while (Date.now() < begun + 100); out.fill(0); };\n',
    );
    const simulate = (file: string, workers: number, out: string) =>
      shell(
        `EXPOBENCH_EXPOSURE_SECONDS=3 $E simulate ${SMALL.join(' ')} --dim 4 --workers ${workers} --exposure ./${file} --out ${out}`,
      );
    for (const workers of [1, 2]) {
      const { status, stderr } = simulate('loops.mjs', workers, 'loops');
      expect(stderr).toMatch(
        /^expobench: the exposure function in ".\/loops.mjs" has not ended for user 7 after 3 seconds.*\n$/m,
      );
      expect(status).toBe(2);
    }
    expect(simulate('slow.mjs', 1, 'slow').status).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('loops'))).toEqual(['loops.mjs']);
  });

  onLinux('a suite that never ends is interrupted; a pipe, whose data may never come, is refused', async () => {
    writeFileSync(join(folder, 'endless.mjs'), "console.log('begun'); for (;;);\n");
    const begun = Date.now();
    const isUnderWay = (): boolean => err.includes('begun') || Date.now() - begun > 3000;
    expect((await interrupt(['sweep', 'endless.mjs', '--out', 'never'], isUnderWay)).code).toBe(130);
    spawnSync('mkfifo', ['pipe.csv'], { cwd: folder });
    const refused = await interrupt(['datasets', 'prepare', 'pipe.csv', '--out', 'never'], () => false);
    expect(refused.code).toBe(2);
    expect(err).toMatch(/"pipe.csv" is a pipe or a device/);
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
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
    const options = [
      ...words,
      '--epochs',
      '2',
      '--batch',
      '512',
      '--repetitions',
      '2',
      '--workers',
      '1',
      '--out',
      'killed',
    ];
    const journal = join(folder, 'killed.partial', 'figureA4.partial', 'trials.ndjson');
    const isInSecond = (): boolean => existsSync(journal) && readFileSync(journal, 'utf8').includes('\n');
    await interrupt(options, isInSecond, 'SIGKILL');
    expect(existsSync(join(folder, 'killed.partial', 'figureA2', 'manifest.json'))).toBe(true);
    expect((await run(...options)).code).toBe(0);
    expect((await run(...options.slice(0, -1), 'claims')).code).toBe(0);
    expect(readdirSync(join(folder, 'killed')).sort()).toEqual(readdirSync(join(folder, 'claims')).sort());
    const claimsOf = (name: string) => JSON.parse(readFileSync(join(folder, name, 'claims.json'), 'utf8')).claims;
    expect(claimsOf('killed')).toEqual(claimsOf('claims'));
  });

  test('a quickstart leaves nothing where it has come to nothing, and goes on with the data that it has made', async () => {
    const options = ['quickstart', '--out', 'first'];
    const found = () => readdirSync(folder).filter((name) => name.startsWith('first'));
    await interrupt(options, () => existsSync(join(folder, 'first', 'data.partial')));
    expect(found()).toEqual([]);
    const data = join(folder, 'first', 'data', 'manifest.json');
    await interrupt(options, () => existsSync(data), 'SIGTERM');
    expect(found()).toEqual(['first']);
    const { ino, mtimeMs } = statSync(data);
    await interrupt(options, () => existsSync(join(folder, 'first', 'quick.partial')), 'SIGTERM');
    expect(err).not.toMatch(/exists/);
    expect(statSync(data)).toMatchObject({ ino, mtimeMs });
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
    expect((await run(...options)).code).toBe(0);
    const whole = await run(...options.slice(0, -1), 'uninterrupted');
    expect(whole.code).toBe(0);
    for (const file of ['trials.ndjson', 'tables/quick-standard.json', 'manifest.json']) {
      expect(readFileSync(join(folder, 'swept', file))).toEqual(readFileSync(join(folder, 'uninterrupted', file)));
    }
  });
});
